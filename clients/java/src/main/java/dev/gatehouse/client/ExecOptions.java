package dev.gatehouse.client;

import java.io.OutputStream;
import java.util.List;

/** What to run in a container, or (without a command) what to attach to. Streams that are not named are not opened. */
public final class ExecOptions {
    private String container;
    private List<String> command = List.of();
    private boolean stdin;
    OutputStream stdout;
    OutputStream stderr;
    private boolean tty;

    /** May be left out where there is one. */
    public ExecOptions container(String name) { container = name; return this; }

    public ExecOptions command(String... words) { command = List.of(words); return this; }

    /** Opens the input, which is {@link Session#stdin}. */
    public ExecOptions stdin(boolean value) { stdin = value; return this; }

    /** Where the output goes. It is written by a thread of the session. */
    public ExecOptions stdout(OutputStream value) { stdout = value; return this; }

    public ExecOptions stderr(OutputStream value) { stderr = value; return this; }

    /** Gives the command a terminal, whose output comes as stdout alone. */
    public ExecOptions tty(boolean value) { tty = value; return this; }

    Query query() {
        Query q = new Query().set("stdin", stdin).set("stdout", stdout != null).set("stderr", stderr != null && !tty).set("tty", tty);
        if (container != null) q.set("container", container);
        command.forEach(word -> q.add("command", word));
        return q;
    }
}
