package dev.gatehouse.client;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;

/** The server that the environment names: make test-clients, or go run ./test/clients, starts it. */
final class Server {
    private Server() { }

    static String variable(String name) {
        String out = System.getenv(name);
        if (out == null) throw new IllegalStateException(name + " is not set: make test-clients CLIENTS=java starts a server and says where it is");
        return out;
    }

    /** The administrator's. */
    static Config config() { return Kubeconfig.load(Path.of(variable("GATEHOUSE_KUBECONFIG")), null); }

    static Client client() { return new Client(config()); }

    /** Takes the server away and brings it back. */
    static void takeAway(String how, String namespace) throws IOException, InterruptedException {
        URI at = URI.create(variable("GATEHOUSE_CONTROL") + "/" + how + "?namespace=" + namespace);
        HttpRequest post = HttpRequest.newBuilder(at).POST(HttpRequest.BodyPublishers.noBody()).build();
        HttpResponse<String> answer = HttpClient.newHttpClient().send(post, HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() != 200) throw new IOException(how + ": " + answer.statusCode() + " " + answer.body());
    }

    /** A name that no other run of the tests at the same server has. */
    static String unique(String name) { return name + "-" + Integer.toHexString(ThreadLocalRandom.current().nextInt()); }

    /** Waits until something is so. */
    static void until(String what, BooleanSupplier so) throws InterruptedException {
        for (int i = 0; i < 3000; i++) {
            if (so.getAsBoolean()) return;
            Thread.sleep(20);
        }
        throw new AssertionError("after a minute it is not so: " + what);
    }
}
