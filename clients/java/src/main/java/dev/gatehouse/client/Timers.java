package dev.gatehouse.client;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** One thread for everything that happens after a time. It keeps no program from ending. */
final class Timers {
    private static final ScheduledThreadPoolExecutor THREAD = new ScheduledThreadPoolExecutor(1, task -> {
        Thread t = new Thread(task, "gatehouse-timers");
        t.setDaemon(true);
        return t;
    });

    static {
        THREAD.setRemoveOnCancelPolicy(true);
    }

    private Timers() { }

    static Future<?> after(Duration time, Runnable task) { return THREAD.schedule(task, time.toNanos(), TimeUnit.NANOSECONDS); }

    static Future<?> every(Duration time, Runnable task) {
        return THREAD.scheduleWithFixedDelay(task, time.toNanos(), time.toNanos(), TimeUnit.NANOSECONDS);
    }
}
