package dev.greenroom.net.server;

import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.NotSslRecordException;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The end of every pipeline: what nobody took is released, what went wrong closes the channel.
@ChannelHandler.Sharable
public final class TailHandler extends ChannelInboundHandlerAdapter {
    public static final TailHandler INSTANCE = new TailHandler();

    private static final Logger LOG = LoggerFactory.getLogger(TailHandler.class);

    private TailHandler() {}

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ReferenceCountUtil.release(message);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (cause.getCause() instanceof SSLException tls) {
            badTls(ctx, tls);
        } else if (!(cause instanceof IOException)) {
            LOG.atError()
                    .addKeyValue("code", "CHANNEL_FAILED")
                    .addKeyValue("remote", ctx.channel().remoteAddress())
                    .setCause(cause)
                    .log("A connection failed in a way that it must not; it is closed");
        }
        ctx.close();
    }

    private static void badTls(ChannelHandlerContext ctx, SSLException cause) {
        var without = cause instanceof NotSslRecordException;
        LOG.atDebug()
                .addKeyValue("code", "BAD_TLS")
                .addKeyValue("remote", ctx.channel().remoteAddress())
                .addKeyValue("cause", without ? "no TLS record" : cause.getMessage())
                .log(
                        without
                                ? "A client spoke without TLS to a port that speaks TLS; its address must begin with"
                                        + " wss:// or https://"
                                : "TLS with a client failed");
    }

    /// A client that has said that it will say no more is one that has hung up, as without TLS.
    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event instanceof SslCloseCompletionEvent) {
            ctx.close();
        }
    }
}
