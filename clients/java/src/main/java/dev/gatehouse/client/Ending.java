package dev.gatehouse.client;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Lets one thread end what another waits for: a request, the reading of its answer, a pause. */
final class Ending {
    private final CountDownLatch ended = new CountDownLatch(1);
    private Runnable held = () -> { };

    boolean ended() { return ended.getCount() == 0; }

    /** Names what must be closed at the end, instead of what was named before. */
    void hold(Runnable close) {
        synchronized (this) {
            if (!ended()) {
                held = close;
                return;
            }
        }
        close.run();
    }

    void end() {
        Runnable close;
        synchronized (this) {
            ended.countDown();
            close = held;
            held = () -> { };
        }
        close.run();
    }

    /** Waits, but not beyond the end. */
    void sleep(Duration time) throws InterruptedException { ended.await(time.toNanos(), TimeUnit.NANOSECONDS); }
}
