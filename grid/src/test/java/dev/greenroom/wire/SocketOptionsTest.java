package dev.greenroom.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollChannelOption;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/// What the kernel says of sockets that were accepted and dialled, not what it was asked for.
@Timeout(20)
class SocketOptionsTest {
    private final Transport transport = Transport.best().givingUpAfter(Duration.ofMillis(12_345));
    private final EventLoopGroup loops = transport.newLoops("test", 1);
    private final CompletableFuture<Channel> accepted = new CompletableFuture<>();
    private InetSocketAddress address;

    @BeforeEach
    void listen() throws Exception {
        var bootstrap = new ServerBootstrap()
                .group(loops)
                .channelFactory(transport.serverChannels())
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        accepted.complete(channel);
                    }
                });
        WireServer.tune(transport, bootstrap);
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
            var config = accepted.get(5, TimeUnit.SECONDS).config();

            assertThat(client.isConnected()).isTrue();
            assertThat(config.getOption(ChannelOption.TCP_NODELAY)).isTrue();
            assertThat(config.getOption(ChannelOption.SO_KEEPALIVE)).isTrue();
            assertThat(config.getOption(EpollChannelOption.TCP_USER_TIMEOUT)).isEqualTo(12_345);
            assertThat(config.getOption(EpollChannelOption.TCP_KEEPIDLE)).isEqualTo(30);
            assertThat(config.getOption(EpollChannelOption.TCP_KEEPINTVL)).isEqualTo(10);
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void a_dialled_socket_has_the_same() {
        var channel = transport.tcpChannels().newChannel();
        loops.next().register(channel).syncUninterruptibly();
        WireServer.tune(transport, channel.config()::setOption);
        var config = channel.config();

        assertThat(config.getOption(ChannelOption.TCP_NODELAY)).isTrue();
        assertThat(config.getOption(ChannelOption.SO_KEEPALIVE)).isTrue();
        assertThat(config.getOption(EpollChannelOption.TCP_USER_TIMEOUT)).isEqualTo(12_345);
        assertThat(config.getOption(EpollChannelOption.TCP_KEEPIDLE)).isEqualTo(30);
        assertThat(config.getOption(EpollChannelOption.TCP_KEEPINTVL)).isEqualTo(10);
        channel.close();
    }
}
