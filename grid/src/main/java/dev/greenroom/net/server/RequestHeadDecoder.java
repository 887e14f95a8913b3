package dev.greenroom.net.server;

import dev.greenroom.net.http.HeadReader;
import dev.greenroom.net.http.HeadReader.HeadError;
import dev.greenroom.net.http.HeadReader.ReadResult;
import dev.greenroom.net.http.RequestHead;
import dev.greenroom.net.server.InboundConnection.WaitingClientHandler;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Reads one request head within a time limit, then replaces itself by [WaitingClientHandler].
final class RequestHeadDecoder extends ByteToMessageDecoder {
    /// Time limit for a whole head, from the accept of its connection.
    static final Duration HEAD_TIME = Duration.ofSeconds(10);

    private final InboundConnection connection;
    private final Duration limit;
    private final HeadReader<RequestHead> reader = HeadReader.ofRequest();
    private @Nullable ScheduledFuture<?> deadline;

    /// @param limit time limit for the whole head
    RequestHeadDecoder(InboundConnection connection, Duration limit) {
        this.connection = connection;
        this.limit = limit;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext ctx) {
        deadline = ctx.executor()
                .schedule(() -> refuse(ctx, HeadError.tooSlow(limit)), limit.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        switch (reader.read(in)) {
            case ReadResult.Incomplete<RequestHead>() -> {}
            case ReadResult.Refused<RequestHead>(var error) -> refuse(ctx, error);
            case ReadResult.Complete<RequestHead>(var request) -> serve(ctx, request);
        }
    }

    private void serve(ChannelHandlerContext ctx, RequestHead request) {
        connection.begin(request);
        ctx.pipeline().replace(this, ConnectionPipeline.WAITING, new WaitingClientHandler(connection));
    }

    private void refuse(ChannelHandlerContext ctx, HeadError error) {
        if (ctx.isRemoved()) {
            return;
        }
        connection.refuseHead(error);
    }

    @Override
    protected void handlerRemoved0(ChannelHandlerContext ctx) {
        if (deadline != null) {
            deadline.cancel(false);
        }
    }
}
