package dev.greenroom.wire;

import io.netty.channel.EventLoop;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A caller in this process: what would be sent to it is handed to the one that dialled.
final class InsideCall implements Caller {
    private final RequestHead head;
    private final EventLoop loop;
    private final Dialling dialling;
    private final AtomicBoolean answered = new AtomicBoolean();
    private volatile @Nullable Thread server;
    private volatile boolean gone;

    /// @param loop that of the client on whose behalf it calls
    InsideCall(RequestHead head, EventLoop loop, Dialling dialling) {
        this.head = head;
        this.loop = loop;
        this.dialling = dialling;
    }

    void servedBy(Thread thread) {
        server = thread;
        if (gone) {
            hungUp();
        }
    }

    /// Nobody waits for the answer any more.
    void hungUp() {
        gone = true;
        var serving = server;
        if (serving != null && answered.compareAndSet(false, true)) {
            dialling.failed("it hung up during the handshake");
            serving.interrupt();
        }
    }

    /// Has it served, and leaves nobody waiting.
    void serve(CallerHandler handler) {
        Serving.run(() -> handler.serve(this), head::path, this::answer);
        if (answered.compareAndSet(false, true)) {
            dialling.failed("it hung up during the handshake");
        }
    }

    @Override
    public RequestHead head() {
        return head;
    }

    @Override
    public EventLoop eventLoop() {
        return loop;
    }

    @Override
    public void answer(Answer answer) {
        if (answered.compareAndSet(false, true)) {
            dialling.answered(new ResponseHead(answer.status(), answer.headers()), answer.body());
        }
    }

    @Override
    public void preparing() {
        dialling.preparing();
    }

    @Override
    public Relaying join(Relays relays, OutboundConnection peer, List<Header> headers) {
        var link = new InsideLink(peer.channel());
        var fields = Stream.concat(peer.answer().headers().stream(), headers.stream());
        var answer = new ResponseHead(peer.answer().status(), fields.toList());
        if (!answered.compareAndSet(false, true) || !dialling.handed(peer.channel(), answer, link)) {
            peer.close();
        }
        return link;
    }
}
