package dev.greenroom.net.relay;

import dev.greenroom.net.http.HeadReader;
import dev.greenroom.net.http.HeadReader.ReadResult;
import dev.greenroom.net.http.ResponseHead;
import dev.greenroom.net.http.UpgradeRequest;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Reads a peer's response to our upgrade. After a 101, the first bytes pause reading until the relay
/// begins. Any other response is read to its end.
final class ResponseHeadDecoder extends ByteToMessageDecoder {
    static final int MAX_BODY_BYTES = 16 * 1024;

    private final UpgradeRequest upgrade;
    private final ConnectAttempt attempt;
    private HeadReader<ResponseHead> reader = HeadReader.ofResponse();
    private @Nullable ResponseHead head;

    ResponseHeadDecoder(UpgradeRequest upgrade, ConnectAttempt attempt) {
        this.upgrade = upgrade;
        this.attempt = attempt;
    }

    @Override
    protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        if (head == null) {
            decodeHead(ctx, in);
        } else if (head.status() == 101) {
            // The bytes belong to the relay. Pauses reading until it begins.
            ctx.channel().config().setAutoRead(false);
        } else if (in.readableBytes() > MAX_BODY_BYTES) {
            finish(ctx, in);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) throws Exception {
        if (head != null && head.status() == 101) {
            // The superclass would request another read, because nothing was decoded.
            ctx.fireChannelReadComplete();
        } else {
            super.channelReadComplete(ctx);
        }
    }

    private void decodeHead(ChannelHandlerContext ctx, ByteBuf in) {
        switch (reader.read(in)) {
            case ReadResult.Incomplete<ResponseHead>() -> {}
            case ReadResult.Refused<ResponseHead>(var error) -> fail(ctx, in, error.detail());
            case ReadResult.Complete<ResponseHead>(var response) -> accept(ctx, in, response);
        }
    }

    private void accept(ChannelHandlerContext ctx, ByteBuf in, ResponseHead response) {
        if (response.status() < 200 && response.status() != 101) {
            attempt.processing();
            reader = HeadReader.ofResponse();
            return;
        }
        head = response;
        if (response.status() != 101) {
            return;
        }
        if (!response.header("Sec-WebSocket-Accept")
                .equals(Optional.of(upgrade.forwarded().accept()))) {
            fail(ctx, in, "its Sec-WebSocket-Accept does not belong to our key");
            return;
        }
        attempt.upgraded(upgrade.forwarded().equals(upgrade) ? response : response.accepting(upgrade));
    }

    private void fail(ChannelHandlerContext ctx, ByteBuf in, String why) {
        in.skipBytes(in.readableBytes());
        attempt.failed(why);
        ctx.close();
    }

    @Override
    protected void decodeLast(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
        if (head == null) {
            attempt.failed("it disconnected during the handshake");
        } else if (head.status() != 101) {
            finish(ctx, in);
        }
    }

    private void finish(ChannelHandlerContext ctx, ByteBuf in) {
        var length = Math.min(in.readableBytes(), MAX_BODY_BYTES);
        var body = in.readCharSequence(length, StandardCharsets.UTF_8).toString();
        in.skipBytes(in.readableBytes());
        if (head != null) {
            attempt.answered(head, body);
        }
        ctx.close();
    }
}
