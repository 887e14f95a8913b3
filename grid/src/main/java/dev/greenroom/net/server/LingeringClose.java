package dev.greenroom.net.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.unix.Socket;
import io.netty.channel.unix.UnixChannel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.channels.NotYetConnectedException;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/// Closes a channel so that the peer gets our last words.
///
/// Closing a socket that still has unread bytes makes the kernel reset the connection, and a reset discards
/// what the peer has not read yet. So: write, close our half, discard what comes, and close when the peer
/// does or the time is up.
public final class LingeringClose extends ChannelInboundHandlerAdapter {
    static final long LINGER_SECONDS = 2;

    /// A peer that goes on talking as if nothing had been said is not waited for.
    private static final long MAX_DISCARDED_BYTES = 1024 * 1024;

    private static final Set<String> KEPT = Set.of(PipelineNames.TLS, PipelineNames.LAST);

    private long discarded;

    private LingeringClose() {}

    /// Says the last words and closes; where no memory is left for them, it closes without a word. Called
    /// on the channel's event loop.
    ///
    /// @param lastWords makes the buffer that is written
    public static void close(Channel channel, Function<ByteBufAllocator, ByteBuf> lastWords) {
        ByteBuf encoded;
        try {
            encoded = lastWords.apply(channel.alloc());
        } catch (OutOfMemoryError _) {
            channel.close();
            return;
        }
        close(channel, encoded);
    }

    private static void close(Channel channel, ByteBuf lastWords) {
        assert channel.eventLoop().inEventLoop();
        if (!channel.isActive()) {
            lastWords.release();
            channel.close();
            return;
        }
        var pipeline = channel.pipeline();
        for (var name : pipeline.names()) {
            if (!KEPT.contains(name) && pipeline.context(name) != null) {
                pipeline.remove(name);
            }
        }
        pipeline.addBefore(PipelineNames.LAST, PipelineNames.LINGER, new LingeringClose());
        channel.config().setAutoRead(true);
        var deadline = channel.eventLoop().schedule(() -> channel.close(), LINGER_SECONDS, TimeUnit.SECONDS);
        channel.closeFuture().addListener(_ -> deadline.cancel(false));
        if (channel instanceof EpollSocketChannel
                && lastWords.isReadable()
                && pipeline.get(PipelineNames.TLS) == null) {
            // The end goes with the words, in one packet, and wakes the peer once.
            channel.config().setOption(EpollChannelOption.TCP_CORK, true);
        }
        channel.writeAndFlush(lastWords).addListener((ChannelFutureListener) written -> {
            if (!written.isSuccess()) {
                channel.close();
            } else if (pipeline.get(PipelineNames.TLS) instanceof SslHandler tls) {
                tls.closeOutbound().addListener(_ -> shutdownOutput(channel));
            } else {
                shutdownOutput(channel);
            }
        });
    }

    private static void shutdownOutput(Channel channel) {
        if (channel instanceof UnixChannel unix && unix.fd() instanceof Socket socket) {
            shutdownOutput(channel, socket);
        } else if (channel instanceof DuplexChannel duplex) {
            duplex.shutdownOutput();
        } else {
            channel.close();
        }
    }

    /// Everything is written. Netty makes an exception for what might be written yet, and where it was
    /// made, each time.
    private static void shutdownOutput(Channel channel, Socket socket) {
        try {
            socket.shutdown(false, true);
        } catch (IOException | NotYetConnectedException _) {
            // The second one is what Netty makes of a connection that the peer has reset.
            channel.close();
        }
    }

    /// Closes after all that was written before is out.
    public static void close(Channel channel) {
        close(channel, Unpooled.EMPTY_BUFFER);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        if (message instanceof ByteBuf bytes) {
            discarded += bytes.readableBytes();
        }
        ReferenceCountUtil.release(message);
        if (discarded > MAX_DISCARDED_BYTES) {
            ctx.close();
        }
    }
}
