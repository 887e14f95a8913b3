package dev.greenroom.net.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.DuplexChannel;
import io.netty.channel.unix.Socket;
import io.netty.channel.unix.UnixChannel;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.channels.NotYetConnectedException;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The pipeline of every channel: the names of its handlers, its last handler, and how it is closed.
///
/// A pipeline in each state of its channel:
///
/// ```
/// accepted   HEAD ─▶ LAST          reads the request head
/// waiting    WAITING ─▶ LAST       a virtual thread prepares the response; a disconnect interrupts it
/// connected  HEAD ─▶ LAST          reads the response to an outbound upgrade
/// relaying   RELAY ─▶ LAST         raw bytes
/// closing    LINGER ─▶ LAST        the last bytes are written; discards what the peer still sends
/// ```
///
/// On a TLS port, the TLS handler comes first and stays until the end.
public final class ConnectionPipeline {
    static final String TLS = "tls";
    public static final String HEAD = "head";
    public static final String WAITING = "waiting";
    public static final String RELAY = "relay";
    private static final String LINGER = "linger";
    private static final String LAST = "last";

    static final long LINGER_SECONDS = 2;

    /// A peer that keeps sending more than this after the last bytes were written is disconnected. It may be in
    /// the middle of a large message when it is told why its session ends.
    private static final long MAX_DISCARDED_BYTES = 32 * 1024 * 1024;

    private static final Set<String> KEPT_WHEN_CLOSING = Set.of(TLS, LAST);
    private static final TailHandler TAIL = new TailHandler();
    private static final Logger LOG = LoggerFactory.getLogger(ConnectionPipeline.class);

    private ConnectionPipeline() {}

    /// Adds the handler that reads the head, and the last handler.
    public static void start(Channel channel, ChannelHandler head) {
        channel.pipeline().addLast(HEAD, head).addLast(LAST, TAIL);
    }

    /// Closes a channel after everything that was written before is sent. Called on the channel's event loop.
    public static void close(Channel channel) {
        close(channel, Unpooled.EMPTY_BUFFER);
    }

    /// Writes the last bytes and closes a channel so that the peer receives them. Closes without them where no
    /// memory is left. Called on the channel's event loop.
    ///
    /// Closing a socket that has unread bytes makes the kernel reset the connection, and a reset discards what
    /// the peer has not read yet. Therefore: write, shut down our output, discard what arrives, and close when
    /// the peer closes or after [#LINGER_SECONDS].
    ///
    /// @param lastBytes encodes what is written
    public static void close(Channel channel, Function<ByteBufAllocator, ByteBuf> lastBytes) {
        ByteBuf encoded;
        try {
            encoded = lastBytes.apply(channel.alloc());
        } catch (OutOfMemoryError _) {
            channel.close();
            return;
        }
        close(channel, encoded);
    }

    /// Whether [#close] was called for a channel.
    public static boolean isClosing(Channel channel) {
        return channel.pipeline().context(LINGER) != null;
    }

    private static void close(Channel channel, ByteBuf lastBytes) {
        assert channel.eventLoop().inEventLoop();
        if (!channel.isActive()) {
            lastBytes.release();
            channel.close();
            return;
        }
        var pipeline = channel.pipeline();
        for (var name : pipeline.names()) {
            if (!KEPT_WHEN_CLOSING.contains(name) && pipeline.context(name) != null) {
                pipeline.remove(name);
            }
        }
        pipeline.addBefore(LAST, LINGER, new LingeringClose());
        channel.config().setAutoRead(true);
        var deadline = channel.eventLoop().schedule(() -> channel.close(), LINGER_SECONDS, TimeUnit.SECONDS);
        channel.closeFuture().addListener(_ -> deadline.cancel(false));
        if (channel instanceof EpollSocketChannel && lastBytes.isReadable() && pipeline.get(TLS) == null) {
            // Sends the last bytes and the end of the stream in one packet, which wakes the peer once.
            channel.config().setOption(EpollChannelOption.TCP_CORK, true);
        }
        channel.writeAndFlush(lastBytes).addListener((ChannelFutureListener) written -> {
            if (!written.isSuccess()) {
                channel.close();
            } else if (pipeline.get(TLS) instanceof SslHandler tls) {
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

    /// Everything is written, so the socket can be shut down directly. Netty's own method creates an exception
    /// with a stack trace for pending writes, on every call.
    private static void shutdownOutput(Channel channel, Socket socket) {
        try {
            socket.shutdown(false, true);
        } catch (IOException | NotYetConnectedException _) {
            // Netty reports a connection that the peer has reset as NotYetConnectedException.
            channel.close();
        }
    }

    /// Discards what the peer sends while its channel closes.
    private static final class LingeringClose extends ChannelInboundHandlerAdapter {
        private long discarded;

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

    /// The end of every pipeline: releases messages that no handler took, and closes the channel on an error.
    @ChannelHandler.Sharable
    private static final class TailHandler extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            ReferenceCountUtil.release(message);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
            if (cause.getCause() instanceof SSLException tls) {
                logTlsFailure(ctx, tls);
            } else if (!(cause instanceof IOException)) {
                LOG.atError()
                        .addKeyValue("code", "CHANNEL_FAILED")
                        .addKeyValue("remote", ctx.channel().remoteAddress())
                        .setCause(cause)
                        .log("Connection failed unexpectedly and is closed");
            }
            ctx.close();
        }

        private static void logTlsFailure(ChannelHandlerContext ctx, SSLException cause) {
            var plaintext = cause instanceof NotSslRecordException;
            LOG.atDebug()
                    .addKeyValue("code", "BAD_TLS")
                    .addKeyValue("remote", ctx.channel().remoteAddress())
                    .addKeyValue("cause", plaintext ? "no TLS record" : cause.getMessage())
                    .log(
                            plaintext
                                    ? "Client without TLS on a TLS port; its address must begin with wss:// or https://"
                                    : "TLS handshake with a client failed");
        }

        /// A TLS client that has sent its close_notify has disconnected, as one without TLS that has closed.
        @Override
        public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
            if (event instanceof SslCloseCompletionEvent) {
                ctx.close();
            }
        }
    }
}
