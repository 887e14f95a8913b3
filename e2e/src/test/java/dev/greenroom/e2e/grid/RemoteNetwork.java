package dev.greenroom.e2e.grid;

import dev.greenroom.e2e.process.Program;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// A machine of its own as far as the network goes: a network namespace with its own localhost, and a wire
/// to here. Needs root and `ip`.
public final class RemoteNetwork implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final String name;
    private final String subnet;
    private final int number;

    private RemoteNetwork(String name, String subnet, int number) {
        this.name = name;
        this.subnet = subnet;
        this.number = number;
    }

    /// Makes the first one.
    public static RemoteNetwork open() {
        return open(0);
    }

    /// Makes one of several, which do not know each other.
    ///
    /// @param number 0 to 60
    public static RemoteNetwork open(int number) {
        var pid = ProcessHandle.current().pid();
        var network = new RemoteNetwork("gr" + pid + "n" + number, "10.213." + pid % 250 + ".", number);
        network.ip("netns", "add", network.name);
        var here = network.name + "a";
        var there = network.name + "b";
        network.ip("link", "add", here, "type", "veth", "peer", "name", there, "netns", network.name);
        network.ip("addr", "add", network.address() + "/30", "dev", here);
        network.ip("link", "set", here, "up");
        network.inside("addr", "add", network.ownAddress() + "/30", "dev", there);
        network.inside("link", "set", there, "up");
        network.inside("link", "set", "lo", "up");
        return network;
    }

    /// How this machine is reached from there.
    public String address() {
        return subnet + (4 * number + 1);
    }

    /// How it is reached from here.
    public String ownAddress() {
        return subnet + (4 * number + 2);
    }

    /// What programs that are started from now on find in their hosts file.
    public void setHosts(String hosts) {
        try {
            Files.createDirectories(etc());
            Files.writeString(etc().resolve("hosts"), hosts);
        } catch (IOException e) {
            throw new UncheckedIOException("run this test as root on Linux", e);
        }
    }

    private Path etc() {
        return Path.of("/etc/netns", name);
    }

    /// The command that runs a program there, in the same process.
    public List<String> command(List<String> line) {
        var all = new ArrayList<>(List.of("ip", "netns", "exec", name));
        all.addAll(line);
        return all;
    }

    /// Starts a program there.
    public Program start(List<String> line, Map<String, String> environment, Path folder) {
        return Program.start("there", command(line), environment, folder);
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
        try {
            Files.deleteIfExists(etc().resolve("hosts"));
            Files.deleteIfExists(etc());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
