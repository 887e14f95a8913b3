package dev.greenroom.net.relay;

import dev.greenroom.net.http.UpgradeRequest;
import dev.greenroom.net.relay.Dialer.ConnectResult;
import dev.greenroom.net.server.Transport;
import dev.greenroom.testkit.FakeWorker;
import io.netty.channel.EventLoopGroup;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/// Dials one address until no local port is left, and then another. A program of its own, since the ports
/// of a network namespace are what runs out; prints what came of it.
public final class PortsProgram {
    private static final PrintStream OUT = new PrintStream(new FileOutputStream(FileDescriptor.out), true);
    private static final int MOST = 200;
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";

    private PortsProgram() {}

    /// Dials and prints.
    ///
    /// @param args nothing
    public static void main(String[] args) throws Exception {
        var transport = Transport.best();
        var loops = transport.newLoops("ports", 1);
        try (var first = FakeWorker.start(FakeWorker.echo());
                var second = FakeWorker.start(FakeWorker.echo())) {
            List<ConnectResult> open = new ArrayList<>();
            ConnectResult last = dial(transport, loops, first.port());
            while (last instanceof ConnectResult.Upgraded && open.size() < MOST) {
                open.add(last);
                last = dial(transport, loops, first.port());
            }
            OUT.println("upgraded " + open.size());
            OUT.println("then " + last);
            OUT.println("elsewhere "
                    + dial(transport, loops, second.port()).getClass().getSimpleName());
            OUT.println("done");
        }
        System.exit(0);
    }

    private static ConnectResult dial(Transport transport, EventLoopGroup loops, int port) throws InterruptedException {
        var target = new Dialer.Target("worker", "/", new UpgradeRequest(KEY, Optional.empty()), List.of());
        return new Dialer(transport)
                .dial(
                        loops.next(),
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
                        target,
                        PATIENCE,
                        PATIENCE);
    }
}
