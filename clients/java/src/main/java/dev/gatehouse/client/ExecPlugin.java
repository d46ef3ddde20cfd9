package dev.gatehouse.client;

import com.google.gson.JsonElement;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A command that prints credentials, as kubeconfig files describe it.
 *
 * @param env is added to the environment
 * @param apiVersion client.authentication.k8s.io/v1 or /v1beta1
 * @param installHint is said when the command is not there; may be null
 * @param provideClusterInfo tells the command about the server
 * @param interactive lets it use the terminal
 * @param dir where a relative path of the command begins; may be null
 * @param extension the cluster's extension client.authentication.k8s.io/exec; may be null
 */
public record ExecPlugin(String command, List<String> args, Map<String, String> env, String apiVersion, String installHint,
        boolean provideClusterInfo, boolean interactive, Path dir, JsonElement extension) {

    public static ExecPlugin of(String apiVersion, String command, String... args) {
        return new ExecPlugin(command, List.of(args), Map.of(), apiVersion, null, false, false, null, null);
    }
}
