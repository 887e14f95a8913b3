package dev.greenroom.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;

/// A machine of its own as far as the network goes: a network namespace with a wire to here. Needs root and `ip netns`,
/// as CI has.
///
/// @param subnet that nobody else has at the same time: `10.<subnet>`
record FarHost(String name, String subnet) implements AutoCloseable {
    /// @param letter different for each class of tests, for they run at the same time
    static FarHost open(String letter) throws IOException {
        var pid = ProcessHandle.current().pid();
        var host = new FarHost("gr" + letter + pid, "213." + pid % 250);
        must("ip netns add " + host.name);
        must("ip link add " + host.name + " type veth peer name eth0 netns " + host.name);
        must("ip addr add " + host.here() + "/29 dev " + host.name);
        must("ip addr add " + host.alsoHere() + "/29 dev " + host.name);
        must("ip link set " + host.name + " up");
        must("ip -n " + host.name + " addr add " + host.there() + "/29 dev eth0");
        must("ip -n " + host.name + " link set eth0 up");
        must("ip -n " + host.name + " link set lo up");
        return host;
    }

    /// How this machine is reached from there, and from where it calls.
    String here() {
        return "10." + subnet + ".1";
    }

    /// Another address of this machine.
    String alsoHere() {
        return "10." + subnet + ".3";
    }

    /// Its own address.
    String there() {
        return "10." + subnet + ".2";
    }

    /// What a command begins with that runs there.
    List<String> prefix() {
        return List.of("ip", "netns", "exec", name);
    }

    /// Lets nothing more reach this machine at [#here] from there. What goes the other way, and to [#alsoHere],
    /// arrives.
    void loseWayHere() throws IOException {
        must("ip -n " + name + " route replace blackhole " + here() + "/32");
    }

    static void must(String line) throws IOException {
        assertThat(run(line.split(" ")))
                .as("'" + line + "' failed; this test needs root and network namespaces (iproute2), as CI has")
                .isZero();
    }

    private static int run(String... command) throws IOException {
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getInputStream().readAllBytes();
        try {
            return process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() throws IOException {
        run("ip", "netns", "del", name);
        run("ip", "link", "del", name); // gone with the namespace, as a rule
    }
}
