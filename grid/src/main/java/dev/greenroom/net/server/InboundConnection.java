package dev.greenroom.net.server;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import dev.greenroom.net.server.HttpListener.ConnectionHandler;
import dev.greenroom.net.http.HeadReader.HeadError;
import dev.greenroom.net.http.HttpHeader;
import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.net.http.RequestHead;
import dev.greenroom.session.SessionId;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A client's connection, from its head to its answer. Methods that are public may be called on any thread.
public final class InboundConnection {
    private static final Logger LOG = LoggerFactory.getLogger(InboundConnection.class);

    private static final Pattern HOST = Pattern.compile("[A-Za-z0-9._:\\[\\]-]{1,300}");
    private static final Set<String> HTTPS = Set.of("https", "wss");
    private static final String PREPARING = "HTTP/1.1 102 Processing\r\n\r\n";

    private final SessionId id;
    private final Channel channel;
    private final ConnectionHandler handler;
    private final RequestThreads threads;

    private @Nullable RequestHead head;
    private @Nullable Thread server;

    /// Set once, on the event loop: the answer is on its way, or the client is being relayed.
    private boolean answered;

    InboundConnection(SessionId id, Channel channel, ConnectionHandler handler, RequestThreads threads) {
        this.id = id;
        this.channel = channel;
        this.handler = handler;
        this.threads = threads;
    }

    /// The name of this request everywhere: made before anything was read, and part of every answer.
    public SessionId id() {
        return id;
    }

    /// The field that tells the client.
    public HttpHeader requestId() {
        return new HttpHeader(RequestHead.REQUEST_ID_HEADER, id.toString());
    }

    /// The head that was read. Forgotten once the client is relayed.
    public RequestHead head() {
        if (head == null) {
            throw new IllegalStateException("a connection is handed on only after its head was read");
        }
        return head;
    }

    /// Forgets the fields of the head, of which all that matters is known by now: a client may wait for an
    /// hour.
    public void forgetFields() {
        head = new RequestHead(head().method(), head().path(), List.of());
    }

    /// Who connected.
    public InetSocketAddress remote() {
        SocketAddress address = channel.remoteAddress();
        return address instanceof InetSocketAddress internet ? internet : new InetSocketAddress(0);
    }

    /// The address by which the client called, as it is written for a WebSocket: `wss://grid.example:8443`.
    /// Where something in front ended TLS and said so, that counts. Empty where `Host` is none that could
    /// stand in an address.
    public Optional<String> address() {
        var encrypted = channel.pipeline().get(ConnectionPipeline.TLS) != null
                || head().header("X-Forwarded-Proto").filter(HTTPS::contains).isPresent();
        return head().header("Host")
                .filter(host -> HOST.matcher(host).matches())
                .map(host -> (encrypted ? "wss://" : "ws://") + host);
    }

    /// The loop on which this connection lives, and on which its peer must be dialled.
    public EventLoop eventLoop() {
        return channel.eventLoop();
    }

    /// Sends an answer and closes. The first answer counts; later ones are passed over.
    public void answer(HttpResponse answer) {
        eventLoop().execute(() -> answerOnLoop(answer));
    }

    /// The same for a client that still waits, whose thread is interrupted then; one that has its answer,
    /// or is being relayed, notices nothing.
    public void releaseThread(HttpResponse answer) {
        eventLoop().execute(() -> {
            if (!answered && server != null) {
                answerOnLoop(answer);
                server.interrupt();
            }
        });
    }

    /// Begins an answer that goes on until it or the connection is closed; 200.
    public StreamingResponse open(String contentType) {
        var answer = new StreamingResponse(channel);
        eventLoop().execute(() -> openOnLoop(HttpResponse.text(200, contentType, "")));
        return answer;
    }

    private void openOnLoop(HttpResponse answer) {
        if (answered) {
            channel.close();
            return;
        }
        answered = true;
        // What stands in front of us may keep what it is sent, unless it is told that this never ends.
        var head = answer.with(RequestHead.REQUEST_ID_HEADER, id.toString()).with("X-Accel-Buffering", "no");
        channel.writeAndFlush(head.encodeOpen(channel.alloc()), channel.voidPromise());
    }

    /// Tells the client that its answer is being prepared (102), so that it can tell us from a peer that is
    /// frozen.
    public void preparing() {
        eventLoop().execute(() -> {
            if (!answered) {
                channel.writeAndFlush(ByteBufUtil.writeAscii(channel.alloc(), PREPARING), channel.voidPromise());
            }
        });
    }

    private void answerOnLoop(HttpResponse answer) {
        if (answered) {
            return;
        }
        answered = true;
        var withBody = head == null || !head.method().equals("HEAD");
        var numbered = answer.with(RequestHead.REQUEST_ID_HEADER, id.toString());
        var identified = head != null && head.isUpgrade() ? ClientLog.refused(numbered, id) : numbered;
        ConnectionPipeline.close(channel, memory -> identified.encode(memory, withBody));
    }

    void begin(RequestHead request) {
        assert eventLoop().inEventLoop();
        head = request;
        server = threads.start(() -> handler.serve(this), request.path(), this::answer);
    }

    void clientHungUp() {
        assert eventLoop().inEventLoop();
        if (!answered && server != null) {
            server.interrupt();
        }
    }

    void clientSentDataEarly() {
        assert eventLoop().inEventLoop();
        if (!answered && server != null) {
            server.interrupt();
        }
        refuseHead(HeadError.bad("no byte may follow the head before it is answered"));
    }

    void refuseHead(HeadError error) {
        assert eventLoop().inEventLoop();
        LOG.atDebug()
                .addKeyValue("code", "BAD_HEAD")
                .addKeyValue("sessionId", id)
                .addKeyValue("remote", remote())
                .addKeyValue("status", error.status())
                .addKeyValue("detail", error.detail())
                .log("Refused a malformed request");
        answerOnLoop(HttpResponse.json(
                error.status(),
                "{\"error\":\"bad request\",\"detail\":\"" + error.detail().replace("\"", "'") + "\"}"));
    }

    /// Takes the channel over for the relay; null when the client is gone or was answered already.
    @Nullable
    public Channel handOverToRelay() {
        assert eventLoop().inEventLoop();
        if (answered || !channel.isActive()) {
            return null;
        }
        answered = true;
        // Nobody reads it any more, and a session may last for days.
        head = null;
        return channel;
    }

    /// Watches a client that waits for its answer: it may hang up, but must not speak.
    static final class WaitingClientHandler extends ChannelInboundHandlerAdapter {
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

    /// An answer whose body has no end yet. Its methods may be called on any thread and never wait: what a
    /// client does not read in time is left out, a whole piece at a time.
    public static final class StreamingResponse {
        private final Channel channel;

        /// Whether a piece is on its way to the event loop. While that is busy, pieces would pile up there
        /// uncounted.
        private final AtomicBoolean underWay = new AtomicBoolean();

        private volatile long stalledSinceNanos;
        private volatile boolean stalled;

        private StreamingResponse(Channel channel) {
            this.channel = channel;
        }

        /// Sends one more piece, unless the client has not read enough of what was sent before, or that is not
        /// written yet.
        ///
        /// @param piece sent in UTF-8
        public void send(String piece) {
            if (!channel.isWritable() || !underWay.compareAndSet(false, true)) {
                if (!stalled) {
                    stalledSinceNanos = System.nanoTime();
                    stalled = true;
                }
                return;
            }
            stalled = false;
            channel.eventLoop().execute(() -> {
                underWay.set(false);
                if (channel.isActive()) {
                    channel.writeAndFlush(ByteBufUtil.writeUtf8(channel.alloc(), piece), channel.voidPromise());
                }
            });
        }

        /// How long pieces have been left out; zero while the client reads.
        public Duration stalledFor() {
            return stalled ? Duration.ofNanos(System.nanoTime() - stalledSinceNanos) : Duration.ZERO;
        }

        /// Whether the client is still there.
        public boolean isOpen() {
            return channel.isActive();
        }

        /// Ends the answer; what was sent and not read is lost.
        public void close() {
            channel.close();
        }
    }
}
