package dev.greenroom.wire;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;

/// Watches a client that waits for its answer: it may hang up, but must not speak.
final class WaitingHandler extends ChannelInboundHandlerAdapter {
    private final InboundConnection connection;

    WaitingHandler(InboundConnection connection) {
        this.connection = connection;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ReferenceCountUtil.release(message);
        connection.spokeTooEarly();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        connection.hungUp();
        ctx.fireChannelInactive();
    }
}
