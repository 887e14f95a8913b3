package dev.greenroom.net.server;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;

/// Watches a client that waits for its answer: it may hang up, but must not speak.
final class WaitingClientHandler extends ChannelInboundHandlerAdapter {
    private final InboundConnection connection;

    WaitingClientHandler(InboundConnection connection) {
        this.connection = connection;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ReferenceCountUtil.release(message);
        connection.clientSentDataEarly();
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        connection.clientHungUp();
        ctx.fireChannelInactive();
    }
}
