package dev.greenroom.net.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.net.relay.RelayFixture;
import dev.greenroom.testkit.FakeWorker;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollChannelOption;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/// What the kernel says of sockets that were accepted and dialled, not what it was asked for.
@Timeout(60)
class SocketOptionsTest {
    private static final String ESTABLISHED = "01";
    private static final String KEEPALIVE_TIMER = "02";

    private final Transport transport = Transport.best().withUserTimeout(Duration.ofMillis(12_345));
    private final EventLoopGroup loops = transport.newLoops("test", 1);
    private final CompletableFuture<Channel> accepted = new CompletableFuture<>();
    private InetSocketAddress address;

    @BeforeEach
    void listen() throws Exception {
        var bootstrap = new ServerBootstrap()
                .group(loops)
                .channelFactory(() -> transport.serverChannels().apply(InetAddress.getLoopbackAddress()))
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        accepted.complete(channel);
                    }
                });
        HttpListener.tune(transport, bootstrap);
        address = (InetSocketAddress) bootstrap
                .bind(InetAddress.getLoopbackAddress(), 0)
                .sync()
                .channel()
                .localAddress();
    }

    @AfterEach
    void close() {
        loops.shutdownGracefully();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void an_accepted_socket_has_what_the_listening_one_was_given() throws Exception {
        try (var client = new Socket(address.getAddress(), address.getPort())) {
            var config = accepted.get(20, TimeUnit.SECONDS).config();

            assertThat(client.isConnected()).isTrue();
            assertThat(config.getOption(ChannelOption.TCP_NODELAY)).isTrue();
            assertThat(config.getOption(ChannelOption.SO_KEEPALIVE)).isTrue();
            assertThat(config.getOption(EpollChannelOption.TCP_USER_TIMEOUT)).isEqualTo(12_345);
            assertThat(config.getOption(EpollChannelOption.TCP_KEEPIDLE)).isEqualTo(6);
            assertThat(config.getOption(EpollChannelOption.TCP_KEEPINTVL)).isEqualTo(2);
        }
    }

    /// The kernel keeps a clock for the keepalive of a connection, and says so; nothing else may be under
    /// way on it.
    @Test
    @EnabledOnOs(OS.LINUX)
    void the_connection_of_a_session_that_lasts_is_kept_alive() throws Exception {
        try (var worker = FakeWorker.start(FakeWorker.echo());
                var fixture = new RelayFixture()) {
            fixture.settings = RelayFixture.settings(Duration.ofSeconds(4), Duration.ofSeconds(60));
            try (var proxy = fixture.proxyTo(worker);
                    var _ = RelayFixture.upgraded(RelayFixture.listen(proxy))) {

                assertThat(timerOf(worker.port())).isNotEqualTo(KEEPALIVE_TIMER);
                await().atMost(Duration.ofSeconds(10))
                        .until(() -> timerOf(worker.port()).equals(KEEPALIVE_TIMER));
            }
        }
    }

    /// Which clock the kernel keeps for the connection that was dialled to a port of this machine.
    private static String timerOf(int port) throws IOException {
        return Files.readAllLines(Path.of("/proc/net/tcp")).stream()
                .map(line -> line.strip().split("\\s+"))
                .filter(row -> row[2].endsWith(String.format(":%04X", port)) && row[3].equals(ESTABLISHED))
                .map(row -> row[5].substring(0, 2))
                .findFirst()
                .orElse("");
    }

    /// `0.0.0.0` is every address of version 4, and no other; `::` is every address of both.
    @Test
    @EnabledOnOs(OS.LINUX)
    void an_address_of_version_4_has_sockets_of_version_4() throws Exception {
        try (var client = new Socket(address.getAddress(), address.getPort())) {
            assertThat(client.isConnected()).isTrue();
            assertThat(Files.readString(Path.of("/proc/net/tcp")))
                    .contains(String.format(":%04X 00000000:0000 0A", address.getPort()));
        }
        assertThat(table("0.0.0.0")).isEqualTo("/proc/net/tcp");
        assertThat(table(Transport.wildcardAddress()))
                .isEqualTo(Files.exists(Path.of("/proc/net/if_inet6")) ? "/proc/net/tcp6" : "/proc/net/tcp");
    }

    /// In which of the kernel's tables a socket is that listens on this address.
    private String table(String listens) throws IOException {
        var any = transport.serverChannels().apply(InetAddress.getByName(listens));
        loops.next().register(any).syncUninterruptibly();
        any.bind(new InetSocketAddress(listens, 0)).syncUninterruptibly();
        var line =
                Pattern.compile(String.format(":%04X 0+:0000 0A", ((InetSocketAddress) any.localAddress()).getPort()));
        try {
            return line.matcher(Files.readString(Path.of("/proc/net/tcp"))).find() ? "/proc/net/tcp" : "/proc/net/tcp6";
        } finally {
            any.close();
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void a_dialled_socket_has_the_same() {
        var channel = transport.tcpChannels().apply(InetAddress.getLoopbackAddress());
        loops.next().register(channel).syncUninterruptibly();
        HttpListener.tuneBuffers(channel.config()::setOption);
        HttpListener.tuneKeepAlive(transport, channel.config()::setOption);
        var config = channel.config();

        assertThat(config.getOption(ChannelOption.TCP_NODELAY)).isTrue();
        assertThat(config.getOption(ChannelOption.SO_KEEPALIVE)).isTrue();
        assertThat(config.getOption(EpollChannelOption.TCP_USER_TIMEOUT)).isEqualTo(12_345);
        assertThat(config.getOption(EpollChannelOption.TCP_KEEPIDLE)).isEqualTo(6);
        assertThat(config.getOption(EpollChannelOption.TCP_KEEPINTVL)).isEqualTo(2);
        channel.close();
    }
}
