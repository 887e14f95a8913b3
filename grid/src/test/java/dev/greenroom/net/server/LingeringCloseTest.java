package dev.greenroom.net.server;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import dev.greenroom.testkit.LoggedLines;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollSocketChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.parallel.Isolated;

@Timeout(60)
@EnabledOnOs(OS.LINUX)
@Isolated("the log of the JVM")
final class LingeringCloseTest {
    /// `TCP_CLOSE` of Linux.
    private static final int CLOSED = 7;

    private final Transport transport = Transport.best();
    private final EventLoopGroup loops = transport.newLoops("test", 1);

    @AfterEach
    void close() {
        loops.shutdownGracefully();
    }

    @Test
    @SuppressWarnings("try") // the reset comes from closing the socket
    void a_connection_that_was_reset_before_its_loop_has_heard_of_it_is_closed_without_a_word_in_the_log()
            throws Exception {
        var accepted = new CompletableFuture<Channel>();
        var address = accepting(accepted::complete);
        var client = new Socket(address.getAddress(), address.getPort());
        try (var lines = LoggedLines.of("io.netty")) {
            var channel = (EpollSocketChannel) accepted.get();
            var busy = new CountDownLatch(1);
            var closing = loops.next().submit(() -> {
                busy.countDown();
                while (channel.tcpInfo().state() != CLOSED) {
                    Thread.onSpinWait();
                }
                ConnectionPipeline.close(channel);
            });
            busy.await();
            try (client) {
                client.setSoLinger(true, 0);
            }

            closing.sync();
            channel.closeFuture().sync();

            assertThat(lines.codesFrom(Level.WARN)).isEmpty();
        }
    }

    @Test
    void who_is_in_the_middle_of_a_large_message_still_reads_the_last_bytes() throws Exception {
        var address = accepting(channel -> channel.eventLoop()
                .execute(() -> ConnectionPipeline.close(channel, memory -> ByteBufUtil.writeAscii(memory, "why"))));

        try (var client = new Socket(address.getAddress(), address.getPort())) {
            client.getOutputStream().write(new byte[8 * 1024 * 1024]);

            assertThat(client.getInputStream().readAllBytes()).asString().isEqualTo("why");
        }
    }

    private InetSocketAddress accepting(Consumer<Channel> accepted) throws InterruptedException {
        var server = new ServerBootstrap()
                .group(loops)
                .channelFactory(() -> transport.serverChannels().apply(InetAddress.getLoopbackAddress()))
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        ConnectionPipeline.start(channel, new ChannelInboundHandlerAdapter());
                        accepted.accept(channel);
                    }
                })
                .bind(InetAddress.getLoopbackAddress(), 0)
                .sync()
                .channel();
        return (InetSocketAddress) server.localAddress();
    }
}
