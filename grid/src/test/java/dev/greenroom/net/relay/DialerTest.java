package dev.greenroom.net.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.greenroom.net.http.UpgradeRequest;
import dev.greenroom.net.relay.Dialer.ConnectResult;
import dev.greenroom.net.server.Transport;
import io.netty.channel.Channel;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannelConfig;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.UnixDomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// How long a peer is waited for that accepts and then says little.
@Timeout(60)
class DialerTest {
    private static final Duration SIGN = Duration.ofMillis(300);
    private static final Duration ANSWER = Duration.ofMillis(900);
    private static final UpgradeRequest UPGRADE = new UpgradeRequest("dGhlIHNhbXBsZSBub25jZQ==", Optional.empty());
    private static final String PREPARING = "HTTP/1.1 102 Processing\r\n\r\n";

    private final Transport transport = Transport.best();
    private EventLoopGroup loops = transport.newLoops("test", 1);
    private final BlockingQueue<Socket> accepted = new LinkedBlockingQueue<>();
    private ServerSocket peer;

    @BeforeEach
    void listen() throws IOException {
        peer = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    }

    @AfterEach
    void close() throws IOException {
        peer.close();
        for (var socket : accepted) {
            socket.close();
        }
        loops.shutdownGracefully();
    }

    @Test
    void a_peer_that_says_nothing_has_failed_when_it_should_have_given_a_sign() throws Exception {
        says();

        var began = System.nanoTime();
        var result = dial();

        assertThat(result).isEqualTo(new ConnectResult.Failed("it was silent for 300 ms"));
        assertThat(since(began)).isGreaterThanOrEqualTo(SIGN);
        assertThat(hungUp()).isTrue();
    }

    @Test
    void a_peer_that_prepares_its_answer_and_never_gives_it_is_waited_for_as_long_as_an_answer_may_take()
            throws Exception {
        says(PREPARING);

        var began = System.nanoTime();
        var result = dial();

        assertThat(result).isInstanceOf(ConnectResult.StillProcessing.class);
        assertThat(since(began)).isGreaterThanOrEqualTo(ANSWER);
        assertThat(hungUp()).isTrue();
    }

    @Test
    void a_peer_that_has_given_a_sign_may_answer_later_than_one_that_has_not() throws Exception {
        var upgraded = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Accept: " + UPGRADE.accept() + "\r\n\r\n";
        says(PREPARING, upgraded);

        assertThat(dial())
                .isInstanceOfSatisfying(
                        ConnectResult.Upgraded.class, it -> it.connection().close());
    }

    @Test
    void who_is_interrupted_before_the_dial_has_begun_reaches_nobody() throws Exception {
        var busy = new CountDownLatch(1);
        loops.next().execute(() -> awaitUninterruptibly(busy));
        var caller = new Impatient(transport);

        caller.interrupted();
        busy.countDown();
        loops.next().submit(() -> {}).get();

        assertThat(caller.end).isInstanceOf(InterruptedException.class);
        peer.setSoTimeout(200);
        assertThatThrownBy(peer::accept).isInstanceOf(SocketTimeoutException.class);
    }

    @Test
    void who_is_interrupted_while_its_socket_is_made_leaves_none_behind() throws Exception {
        var interrupted = new CompletableFuture<Impatient>();
        var made = new CompletableFuture<Channel>();
        var nio = new Transport(
                Transport.TransportKind.NIO,
                NioIoHandler::newFactory,
                _ -> new NioServerSocketChannel(),
                _ -> {
                    var channel = new Unregistered(() -> interrupted.join().interrupted());
                    made.complete(channel);
                    return channel;
                },
                NioDomainSocketChannel::new,
                UnixDomainSocketAddress::of,
                Duration.ofSeconds(30));
        loops.shutdownGracefully();
        loops = nio.newLoops("test-nio", 1);
        var caller = new Impatient(nio);
        interrupted.complete(caller);

        assertThat(made.get().closeFuture().await(20, TimeUnit.SECONDS))
                .as("closed")
                .isTrue();
        assertThat(caller.end).isInstanceOf(InterruptedException.class);
    }

    /// Something happens on the loop between the making of a channel and its registration.
    private static final class Unregistered extends NioSocketChannel {
        private final @Nullable Runnable meanwhile;
        private boolean done;

        Unregistered(Runnable meanwhile) {
            this.meanwhile = meanwhile;
        }

        @Override
        public SocketChannelConfig config() {
            if (meanwhile != null && !done) {
                done = true;
                meanwhile.run();
            }
            return super.config();
        }
    }

    /// A thread that dials.
    private final class Impatient {
        private final Thread thread;
        private volatile @Nullable Throwable end;

        Impatient(Transport transport) {
            thread = Thread.ofVirtual().start(() -> {
                try {
                    dial(transport);
                } catch (Throwable e) {
                    end = e;
                }
            });
        }

        /// By now it waits no more.
        void interrupted() {
            thread.interrupt();
            try {
                thread.join(Duration.ofSeconds(5));
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /// The first at once, the second after the time in which a sign is due.
    private void says(String... words) {
        Thread.ofVirtual().start(() -> {
            try {
                var socket = peer.accept();
                accepted.add(socket);
                for (var word : words) {
                    socket.getOutputStream().write(word.getBytes(StandardCharsets.US_ASCII));
                    socket.setSoTimeout((int) SIGN.multipliedBy(3).dividedBy(2).toMillis());
                    awaitNothing(socket);
                }
            } catch (IOException _) {
                // The test is over.
            }
        });
    }

    private static void awaitNothing(Socket socket) throws IOException {
        try {
            while (socket.getInputStream().read() >= 0) {
                // The head of whoever dialled.
            }
        } catch (SocketTimeoutException _) {
            // That was all of it.
        }
    }

    private ConnectResult dial() throws InterruptedException {
        return dial(transport);
    }

    private ConnectResult dial(Transport transport) throws InterruptedException {
        var address = new InetSocketAddress(peer.getInetAddress(), peer.getLocalPort());
        var target = new Dialer.Target("worker", "/path", UPGRADE, List.of());
        return new Dialer(transport).dial(loops.next(), address, target, SIGN, ANSWER);
    }

    private boolean hungUp() throws IOException, InterruptedException {
        var socket = accepted.take();
        socket.setSoTimeout(5_000);
        while (socket.getInputStream().read() >= 0) {
            // The head of whoever dialled.
        }
        accepted.add(socket);
        return true;
    }

    private static Duration since(long began) {
        return Duration.ofNanos(System.nanoTime() - began);
    }
}
