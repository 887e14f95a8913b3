package dev.greenroom.e2e.wishes;

import dev.greenroom.e2e.process.Program;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// A machine of its own as far as the network goes: a network namespace with its own localhost, and a wire to here.
/// Needs root and `ip`.
final class RemoteNetwork implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final String name;
    private final int subnet;

    private RemoteNetwork(String name, int subnet) {
        this.name = name;
        this.subnet = subnet;
    }

    static RemoteNetwork open() {
        var pid = ProcessHandle.current().pid();
        var network = new RemoteNetwork("gr" + pid, (int) (pid % 250));
        network.ip("netns", "add", network.name);
        var here = network.name + "a";
        var there = network.name + "b";
        network.ip("link", "add", here, "type", "veth", "peer", "name", there, "netns", network.name);
        network.ip("addr", "add", network.address() + "/30", "dev", here);
        network.ip("link", "set", here, "up");
        network.inside("addr", "add", "10.213." + network.subnet + ".2/30", "dev", there);
        network.inside("link", "set", there, "up");
        network.inside("link", "set", "lo", "up");
        return network;
    }

    /// How this machine is reached from there.
    String address() {
        return "10.213." + subnet + ".1";
    }

    /// Starts a program there.
    Program start(List<String> command, Map<String, String> environment, Path folder) {
        var line = new ArrayList<>(List.of("ip", "netns", "exec", name));
        line.addAll(command);
        return Program.start("there", line, environment, folder);
    }

    private void inside(String... arguments) {
        var all = new ArrayList<>(List.of("-n", name));
        all.addAll(List.of(arguments));
        ip(all.toArray(String[]::new));
    }

    private void ip(String... arguments) {
        var line = new ArrayList<>(List.of("ip"));
        line.addAll(List.of(arguments));
        try (var program = Program.start("ip", line, Map.of("PATH", System.getenv("PATH")), Path.of("/"))) {
            if (program.awaitExit(PATIENCE) != 0) {
                throw new IllegalStateException(String.join(" ", line) + " failed, run this test as root on Linux: "
                        + program.err().text());
            }
        }
    }

    @Override
    public void close() {
        ip("netns", "del", name); // takes the wire with it
    }
}
