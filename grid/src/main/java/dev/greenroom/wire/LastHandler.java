package dev.greenroom.wire;

import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The end of every pipeline: what nobody took is released, what went wrong closes the channel.
@ChannelHandler.Sharable
final class LastHandler extends ChannelInboundHandlerAdapter {
    static final LastHandler INSTANCE = new LastHandler();

    private static final Logger LOG = LoggerFactory.getLogger(LastHandler.class);

    private LastHandler() {}

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ReferenceCountUtil.release(message);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        if (!(cause instanceof IOException)) {
            LOG.atError()
                    .addKeyValue("code", "CHANNEL_FAILED")
                    .addKeyValue("remote", ctx.channel().remoteAddress())
                    .setCause(cause)
                    .log("A connection failed in a way that it must not; it is closed");
        }
        ctx.close();
    }
}
