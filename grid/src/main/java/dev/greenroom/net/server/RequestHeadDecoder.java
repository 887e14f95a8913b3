package dev.greenroom.net.server;

import dev.greenroom.net.http.HeadError;
import dev.greenroom.net.http.HeadParser;
import dev.greenroom.net.http.HeadScan;
import dev.greenroom.net.http.RequestHead;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.util.concurrent.ScheduledFuture;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Reads one request head within its time, then makes room for [WaitingClientHandler].
final class RequestHeadDecoder extends ByteToMessageDecoder {
    /// For a whole head, from the moment at which its connection was accepted.
    static final Duration HEAD_TIME = Duration.ofSeconds(10);

    private final InboundConnection connection;
    private final Duration limit;
    private final HeadScan scan = new HeadScan();
    private @Nullable ScheduledFuture<?> deadline;

    /// @param limit for the whole head
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
        switch (scan.scan(in)) {
            case HeadScan.ScanResult.More() -> {}
            case HeadScan.ScanResult.Malformed(var error) -> {
                in.skipBytes(in.readableBytes());
                refuse(ctx, error);
            }
            case HeadScan.ScanResult.Complete(var length) -> {
                var head = in.readCharSequence(length, StandardCharsets.ISO_8859_1);
                switch (HeadParser.request(head.toString())) {
                    case HeadParser.Parsed.Bad<RequestHead>(var error) -> refuse(ctx, error);
                    case HeadParser.Parsed.Head<RequestHead>(var request) -> serve(ctx, request);
                }
            }
        }
    }

    private void serve(ChannelHandlerContext ctx, RequestHead request) {
        connection.begin(request);
        ctx.pipeline().replace(this, PipelineNames.WAITING, new WaitingClientHandler(connection));
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
