package dev.greenroom.e2e.ssrf;

import dev.greenroom.e2e.client.NodeClient;
import dev.greenroom.e2e.process.Program;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// A network namespace that is a world of its own: every address that a test needs is on its loopback,
/// names are those of its own DNS server, and nothing leaves it. Needs root and `ip`.
final class Island implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final String HOSTS = """
            127.0.0.1 localhost
            ::1 localhost
            """;
    private static final String NAME_SERVER = "127.0.0.53";
    private static final String NAMES = """
            {"127.0.0.1.nip.example": "127.0.0.1", "intranet.example": "10.99.0.1",
            "metadata.google.internal": "169.254.169.254"}""";
    private static final List<String> ADDRESSES =
            List.of("10.99.0.1/32", "169.254.169.254/32", "203.0.113.9/32", "fd00:ec2::254/128");

    private final String name = "gri" + ProcessHandle.current().pid();
    private final Path names = Path.of("/etc/netns", name);

    static Island open() {
        var island = new Island();
        try {
            Files.createDirectories(island.names);
            Files.writeString(island.names.resolve("hosts"), HOSTS);
            Files.writeString(
                    island.names.resolve("resolv.conf"),
                    "nameserver " + NAME_SERVER + "\noptions timeout:1 attempts:1\n");
        } catch (IOException e) {
            throw new UncheckedIOException("run this test as root on Linux", e);
        }
        run(List.of("ip", "netns", "add", island.name));
        run(List.of("ip", "-n", island.name, "link", "set", "lo", "up"));
        // WebRTC does not use loopback, so there is a wire, to nowhere.
        run(List.of("ip", "-n", island.name, "link", "add", "wire", "type", "veth", "peer", "name", "end"));
        run(List.of("ip", "-n", island.name, "link", "set", "end", "up"));
        run(List.of("ip", "-n", island.name, "link", "set", "wire", "up"));
        run(List.of("ip", "-n", island.name, "address", "add", "198.51.100.7/24", "dev", "wire"));
        for (var address : ADDRESSES) {
            var line = new ArrayList<>(List.of("ip", "-n", island.name, "address", "add", address, "dev", "lo"));
            if (address.contains(":")) {
                line.add("nodad");
            }
            run(line);
        }
        return island;
    }

    /// Starts the server that knows its names.
    Program serveNames() {
        var line = List.of("node", NodeClient.script("names.mjs").toString(), NAME_SERVER, NAMES);
        var server = start("names", line, Map.of("PATH", System.getenv("PATH")), Path.of("/"));
        server.out().await("listening", "listening"::equals, PATIENCE);
        return server;
    }

    /// The command that runs a program there.
    List<String> command(List<String> line) {
        var all = new ArrayList<>(List.of("ip", "netns", "exec", name));
        all.addAll(line);
        return all;
    }

    Program start(String what, List<String> line, Map<String, String> environment, Path folder) {
        return Program.start(what, command(line), environment, folder);
    }

    /// Runs a command there to its end.
    void inside(String... line) {
        run(command(List.of(line)));
    }

    private static void run(List<String> line) {
        try (var program = Program.start("ip", line, Map.of("PATH", System.getenv("PATH")), Path.of("/"))) {
            if (program.awaitExit(PATIENCE) != 0) {
                throw new IllegalStateException(String.join(" ", line) + " failed, run this test as root on Linux: "
                        + program.err().text());
            }
        }
    }

    @Override
    public void close() {
        run(List.of("ip", "netns", "del", name));
        try {
            Files.deleteIfExists(names.resolve("hosts"));
            Files.deleteIfExists(names.resolve("resolv.conf"));
            Files.deleteIfExists(names);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
