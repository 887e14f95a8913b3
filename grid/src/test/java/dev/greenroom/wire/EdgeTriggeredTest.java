package dev.greenroom.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.unix.UnixChannel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Bytes that are waited for in every way in which handlers do, and come faster than they are read.
@Timeout(30)
class EdgeTriggeredTest {
    /// More than is read at once, and little enough to be there before anything is read: after that, nothing comes.
    private static final int BYTES = 150_000;

    private final Transport transport = Transport.best();
    private final EventLoopGroup loops = transport.newLoops("test", 1);

    @AfterEach
    void close() {
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    @Test
    void who_reads_always_gets_all() throws Exception {
        assertThat(arrives((_, _) -> {}, true)).isTrue();
    }

    @Test
    void who_asks_for_each_read_gets_all() throws Exception {
        assertThat(arrives((ctx, _) -> ctx.read(), false)).isTrue();
    }

    @Test
    void who_asks_for_a_read_before_the_last_one_is_complete_gets_all() throws Exception {
        assertThat(arrives(
                        (ctx, complete) -> {
                            if (!complete) {
                                ctx.read();
                            }
                        },
                        false))
                .isTrue();
    }

    @Test
    void who_stops_after_each_read_and_goes_on_later_gets_all() throws Exception {
        assertThat(arrives(
                        (ctx, complete) -> {
                            ctx.channel().config().setAutoRead(false);
                            if (complete) {
                                ctx.executor()
                                        .execute(() -> ctx.channel().config().setAutoRead(true));
                            }
                        },
                        true))
                .isTrue();
    }

    @Test
    void who_reads_one_by_one_and_then_always_gets_all() throws Exception {
        assertThat(arrives(
                        (ctx, complete) -> {
                            if (complete && ((Reader) ctx.handler()).reads < 4) {
                                ctx.read();
                            } else if (complete) {
                                ctx.channel().config().setAutoRead(true);
                            }
                        },
                        false))
                .isTrue();
    }

    @Test
    void who_was_hung_up_on_meanwhile_gets_all_and_the_end() throws Exception {
        var always = new Reader((_, _) -> {}, true);
        var eachTime = new Reader(
                (ctx, complete) -> {
                    if (complete) {
                        ctx.read();
                    }
                },
                false);

        for (var reader : List.of(always, eachTime)) {
            try (var client = connected(listen(reader))) {
                client.getOutputStream().write(new byte[BYTES]);
            }

            assertThat(reader.all.await(10, TimeUnit.SECONDS)).as("all bytes").isTrue();
            assertThat(reader.end.await(10, TimeUnit.SECONDS)).as("the end").isTrue();
        }
    }

    @Test
    void the_kernel_tells_of_a_connection_once() throws Exception {
        if (!transport.isEpoll()) {
            assertThat(System.getProperty("os.name"))
                    .as("a system without epoll")
                    .isNotEqualTo("Linux");
            return;
        }
        var accepted = new CompletableFuture<Channel>();
        var listening = listen(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelActive(ChannelHandlerContext ctx) {
                ctx.fireChannelActive();
                ctx.executor().execute(() -> accepted.complete(ctx.channel()));
            }
        });
        try (var client = connected(listening)) {
            assertThat(client.isConnected()).isTrue();

            assertThat(waitedFor(accepted.get(5, TimeUnit.SECONDS)))
                    .as("a connection")
                    .isEqualTo("80002019");
            assertThat(waitedFor(listening)).as("one that listens").isEqualTo("19");
        }
    }

    /// What epoll was told to wait for, as the kernel has it.
    private static String waitedFor(Channel channel) throws IOException {
        var pattern = Pattern.compile("tfd:\\s+" + ((UnixChannel) channel).fd().intValue() + " events:\\s+([0-9a-f]+)");
        try (var files = Files.list(Path.of("/proc/self/fdinfo"))) {
            for (var file : files.toList()) {
                var found = Files.exists(file) ? pattern.matcher(Files.readString(file)) : pattern.matcher("");
                if (found.find()) {
                    return found.group(1);
                }
            }
        }
        return "nothing";
    }

    /// @param then what its handler does with the context after each read (false) and when its turn is over (true)
    private boolean arrives(BiConsumer<ChannelHandlerContext, Boolean> then, boolean always) throws Exception {
        var reader = new Reader(then, always);
        try (var client = connected(listen(reader))) {
            client.getOutputStream().write(new byte[BYTES]);
            return reader.all.await(10, TimeUnit.SECONDS);
        }
    }

    private Channel listen(ChannelInboundHandlerAdapter handler) throws InterruptedException {
        var any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        var bootstrap = new ServerBootstrap()
                .group(loops)
                .option(ChannelOption.SO_RCVBUF, 4 * BYTES)
                .channelFactory(() -> transport.serverChannels().apply(any.getAddress()))
                .childHandler(new ChannelInitializer<>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(handler);
                    }
                });
        WireServer.tune(transport, bootstrap);
        return bootstrap.bind(any).sync().channel();
    }

    private static Socket connected(Channel listening) throws IOException {
        var address = (InetSocketAddress) listening.localAddress();
        return new Socket(address.getAddress(), address.getPort());
    }

    /// Counts what comes.
    private static final class Reader extends ChannelInboundHandlerAdapter {
        private final BiConsumer<ChannelHandlerContext, Boolean> then;
        private final boolean always;
        private final CountDownLatch all = new CountDownLatch(1);
        private final CountDownLatch end = new CountDownLatch(1);
        private long bytes;
        private int reads;

        Reader(BiConsumer<ChannelHandlerContext, Boolean> then, boolean always) {
            this.then = then;
            this.always = always;
        }

        @Override
        public void channelActive(ChannelHandlerContext ctx) {
            // Until everything is there.
            ctx.channel().config().setAutoRead(false);
            ctx.executor()
                    .schedule(
                            () -> {
                                ctx.channel().config().setAutoRead(always);
                                ctx.read();
                            },
                            200,
                            TimeUnit.MILLISECONDS);
        }

        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            var data = (ByteBuf) message;
            bytes += data.readableBytes();
            reads++;
            data.release();
            then.accept(ctx, false);
            if (bytes == BYTES) {
                all.countDown();
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext ctx) {
            end.countDown();
        }

        @Override
        public void channelReadComplete(ChannelHandlerContext ctx) {
            then.accept(ctx, true);
        }
    }
}
