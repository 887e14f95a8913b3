package dev.greenroom.net.relay;

import dev.greenroom.net.http.HttpHeader;
import dev.greenroom.net.http.ResponseHead;
import dev.greenroom.net.http.UpgradeRequest;
import dev.greenroom.net.server.ConnectionPipeline;
import dev.greenroom.net.server.InboundConnection;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A connection between a proxy and a worker for a session whose client is away: while it is open, the proxy
/// holds the lease and the worker the browser. Each side says single words, one byte each, and notices at once
/// when the other one is gone. Methods may be called on any thread.
public final class Hold implements AutoCloseable {
    /// What is said on it.
    public enum Word {
        /// The worker: nobody is connected to the browser.
        IDLE('i'),
        /// The worker: somebody is connected to it again.
        IN_USE('u'),
        /// The worker: the session has ended, and the connection is closed next.
        ENDED('e'),
        /// The proxy: a client waits for a slot.
        SLOT_WANTED('w');

        private final byte letter;

        Word(char letter) {
            this.letter = (byte) letter;
        }
    }

    private final EventLoop loop;
    private final Consumer<Word> heard;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Runnable onClosed;

    /// Belongs to the loop.
    private @Nullable Channel channel;

    private Hold(EventLoop loop, Consumer<Word> heard, Runnable onClosed) {
        this.loop = loop;
        this.heard = heard;
        this.onClosed = onClosed;
    }

    /// A worker's side: answers a proxy with a 101.
    ///
    /// @param headers more headers of the 101
    /// @param heard what the proxy says; like `onClosed`, it is called on an event loop and must not block
    /// @param onClosed called once when the connection is closed, by either side
    public static Hold accept(
            InboundConnection proxy,
            UpgradeRequest upgrade,
            List<HttpHeader> headers,
            Consumer<Word> heard,
            Runnable onClosed) {
        var hold = new Hold(proxy.eventLoop(), heard, onClosed);
        var answer = new ResponseHead(101, List.of(new HttpHeader("Sec-WebSocket-Accept", upgrade.accept())));
        hold.loop.execute(() -> {
            var accepted = proxy.handOverToRelay();
            if (accepted == null) {
                hold.ended();
                return;
            }
            accepted.writeAndFlush(
                    ByteBufUtil.writeAscii(accepted.alloc(), answer.toClientText(headers)), accepted.voidPromise());
            hold.begin(accepted, ConnectionPipeline.WAITING);
        });
        return hold;
    }

    /// A proxy's side, of a connection that the worker has accepted.
    ///
    /// @param heard what the worker says, called on an event loop; must not block
    public static Hold of(OutboundConnection worker, Consumer<Word> heard) {
        var hold = new Hold(worker.channel().eventLoop(), heard, () -> {});
        hold.loop.execute(() -> {
            worker.tuneForLongLife();
            hold.begin(worker.channel(), ConnectionPipeline.HEAD);
        });
        return hold;
    }

    private void begin(Channel opened, String handler) {
        channel = opened;
        opened.pipeline().replace(handler, ConnectionPipeline.RELAY, new HoldHandler());
        opened.closeFuture().addListener(_ -> ended());
        opened.config().setAutoRead(true);
    }

    private void ended() {
        if (closed.getCount() > 0) {
            closed.countDown();
            onClosed.run();
        }
    }

    /// Says something to the other side.
    public void say(Word word) {
        loop.execute(() -> {
            var open = channel;
            if (open != null && open.isActive() && !ConnectionPipeline.isClosing(open)) {
                open.writeAndFlush(Unpooled.wrappedBuffer(new byte[] {word.letter}), open.voidPromise());
            }
        });
    }

    /// Waits until it is closed.
    public void awaitClosed() throws InterruptedException {
        closed.await();
    }

    /// Waits until it is closed.
    ///
    /// @return false when the time was up before
    public boolean awaitClosed(Duration atMost) throws InterruptedException {
        return closed.await(atMost.toNanos(), TimeUnit.NANOSECONDS);
    }

    /// Closes it, after what was said. Idempotent.
    @Override
    public void close() {
        hangUp();
    }

    /// Closes it.
    public void hangUp() {
        loop.execute(() -> {
            var open = channel;
            if (open != null && !ConnectionPipeline.isClosing(open)) {
                ConnectionPipeline.close(open);
            }
        });
    }

    private final class HoldHandler extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext ctx, Object message) {
            var bytes = (ByteBuf) message;
            try {
                while (bytes.isReadable()) {
                    var letter = bytes.readByte();
                    for (var word : Word.values()) {
                        if (word.letter == letter) {
                            heard.accept(word);
                        }
                    }
                }
            } finally {
                bytes.release();
            }
        }
    }
}
