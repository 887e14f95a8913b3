package dev.greenroom.faults;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/// A machine of its own as far as the network goes: a network namespace with a wire to here. Needs root
/// and `ip netns`, as CI has.
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

    /// The addresses of this machine as the namespace sees it.
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

    /// The prefix of a command that runs in the namespace.
    List<String> prefix() {
        return List.of("ip", "netns", "exec", name);
    }

    /// Lets nothing more reach this machine at [#here] from there. What goes the other way, and to
    /// [#alsoHere], arrives.
    void loseWayHere() throws IOException {
        must("ip -n " + name + " route replace blackhole " + here() + "/32");
    }

    /// Silently drops matching packets in the namespace.
    ///
    /// @param hook `input` for what comes from here, `output` for what is sent to here
    /// @param match as nft writes it
    void drop(String hook, String match) throws IOException {
        nft("add table inet lost-" + hook);
        nft("add chain inet lost-" + hook + " all-of-it { type filter hook " + hook + " priority 0 ; }");
        nft("add rule inet lost-" + hook + " all-of-it " + match + " counter drop");
    }

    /// How many packets that came through this hook have vanished.
    int dropped(String hook) throws IOException {
        var list = new ProcessBuilder("ip", "netns", "exec", name, "nft", "list", "table", "inet", "lost-" + hook)
                .redirectErrorStream(true)
                .start();
        var counted = new String(list.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        return Integer.parseInt(counted.replaceAll("(?s).*counter packets (\\d+) .*", "$1"));
    }

    /// Sends matching packets to this machine twice.
    void repeat(String match) throws IOException {
        nft("add table ip twice");
        nft("add chain ip twice sent { type filter hook output priority 1 ; }");
        nft("add rule ip twice sent ip daddr " + here() + " " + match + " dup to " + here() + " device eth0");
    }

    private void nft(String command) throws IOException {
        assertThat(run("ip", "netns", "exec", name, "nft", command))
                .as("'nft " + command + "' failed; this test needs nftables, as CI has")
                .isZero();
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
