package dev.greenroom.net.server;

import dev.greenroom.net.http.HeadReader.HeadError;
import dev.greenroom.net.http.HttpHeader;
import dev.greenroom.net.http.HttpResponse;
import dev.greenroom.net.http.RequestHead;
import dev.greenroom.net.server.HttpListener.ConnectionHandler;
import dev.greenroom.net.server.HttpListener.ConnectionLimits;
import dev.greenroom.net.server.RefusalResponses.ClientLog;
import dev.greenroom.session.SessionId;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.util.ReferenceCountUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A client's connection, from its request head to its response. Public methods may be called on any
/// thread; the others belong to the connection's event loop.
public final class InboundConnection {
    private static final Logger LOG = LoggerFactory.getLogger(InboundConnection.class);

    private static final Pattern HOST = Pattern.compile("[A-Za-z0-9._:\\[\\]-]{1,300}");
    private static final Pattern PREFIX = Pattern.compile("(?:/[A-Za-z0-9._~-]{1,100}){1,10}");
    private static final Set<String> HTTPS = Set.of("https", "wss");
    private static final String PROCESSING = "HTTP/1.1 102 Processing\r\n\r\n";

    private final SessionId id;
    private final Channel channel;
    private final ConnectionLimits.Place place;
    private final ConnectionHandler handler;
    private final RequestThreads threads;
    private final Predicate<InetAddress> trusted;

    private @Nullable RequestHead head;
    private @Nullable Thread server;

    /// Set once, on the event loop: the response is being sent, or the connection belongs to a relay.
    private boolean answered;

    /// Counts the connection, until [#leave].
    ///
    /// @param trusted the load balancers that are believed
    InboundConnection(
            SessionId id,
            Channel channel,
            ConnectionLimits limits,
            ConnectionHandler handler,
            RequestThreads threads,
            Predicate<InetAddress> trusted) {
        this.trusted = trusted;
        this.id = id;
        this.channel = channel;
        this.handler = handler;
        this.threads = threads;
        this.place = limits.opened(remote().getAddress(), () -> eventLoop().execute(this::evict));
    }

    /// The id of this request, created when the connection was accepted. Part of every response.
    public SessionId id() {
        return id;
    }

    /// The response header with the id.
    public HttpHeader requestId() {
        return new HttpHeader(RequestHead.REQUEST_ID_HEADER, id.toString());
    }

    /// The request head. Dropped when the connection is handed over to a relay.
    public RequestHead head() {
        if (head == null) {
            throw new IllegalStateException(
                    "the request head is available from the call of the handler until the relay begins");
        }
        return head;
    }

    /// Drops the headers, which nobody needs any more. Saves memory: a client may stay in the queue for
    /// an hour.
    public void dropHeaders() {
        head = new RequestHead(head().method(), head().path(), List.of());
    }

    /// The client's address.
    public InetSocketAddress remote() {
        SocketAddress address = channel.remoteAddress();
        return address instanceof InetSocketAddress internet ? internet : new InetSocketAddress(0);
    }

    /// The URL by which the client reached this server, for example `wss://grid.example:8443`. Respects
    /// `X-Forwarded-Proto` and `X-Forwarded-Prefix` of a trusted load balancer, which may terminate TLS and
    /// remove a part of the path. Empty when the `Host` is not valid in a URL.
    public Optional<String> address() {
        var encrypted = channel.pipeline().get(ConnectionPipeline.TLS) != null
                || forwarded("X-Forwarded-Proto").filter(HTTPS::contains).isPresent();
        var prefix = forwarded("X-Forwarded-Prefix")
                .filter(path -> PREFIX.matcher(path).matches())
                .orElse("");
        return head().header("Host")
                .filter(host -> HOST.matcher(host).matches())
                .map(host -> (encrypted ? "wss://" : "ws://") + host + prefix);
    }

    private Optional<String> forwarded(String name) {
        return head().header(name).filter(_ -> trusted.test(remote().getAddress()));
    }

    /// The event loop of this connection; its upstream must be dialed on the same one.
    public EventLoop eventLoop() {
        return channel.eventLoop();
    }

    /// Sends a response and closes the connection. The first response wins; later ones are ignored.
    public void answer(HttpResponse answer) {
        eventLoop().execute(() -> answerOnLoop(answer));
    }

    /// Sends a response to a client that still waits, and interrupts its thread. Does nothing when the
    /// client has its response or is being relayed.
    public void releaseThread(HttpResponse answer) {
        eventLoop().execute(() -> {
            if (!answered && server != null) {
                answerOnLoop(answer);
                server.interrupt();
            }
        });
    }

    /// Starts a streaming response with status 200, which lasts until it or the connection is closed.
    public StreamingResponse open(String contentType) {
        return open(HttpResponse.text(200, contentType, ""));
    }

    /// The same, with this head.
    public StreamingResponse open(HttpResponse head) {
        var answer = new StreamingResponse(channel);
        eventLoop().execute(() -> openOnLoop(head));
        return answer;
    }

    private void openOnLoop(HttpResponse answer) {
        if (answered) {
            channel.close();
            return;
        }
        answered = true;
        // Reverse proxies buffer a response unless this header forbids it.
        var head = answer.with(RequestHead.REQUEST_ID_HEADER, id.toString()).with("X-Accel-Buffering", "no");
        channel.writeAndFlush(head.encodeOpen(channel.alloc()), channel.voidPromise());
    }

    /// Sends `102 Processing`, so that the client can tell this server from one that hangs.
    public void sendProcessing() {
        eventLoop().execute(() -> {
            if (!answered) {
                channel.writeAndFlush(ByteBufUtil.writeAscii(channel.alloc(), PROCESSING), channel.voidPromise());
            }
        });
    }

    private void answerOnLoop(HttpResponse answer) {
        if (answered) {
            return;
        }
        answered = true;
        place.requestEnded();
        var withBody = head == null || !head.method().equals("HEAD");
        var numbered = answer.with(RequestHead.REQUEST_ID_HEADER, id.toString());
        var identified = head != null && head.isUpgrade() ? ClientLog.refused(numbered, id) : numbered;
        ConnectionPipeline.close(channel, memory -> identified.encode(memory, withBody));
    }

    void begin(RequestHead request) {
        assert eventLoop().inEventLoop();
        if (!place.requestBegun()) {
            return; // evict() follows
        }
        head = request;
        server = threads.start(() -> handler.serve(this), () -> head == null ? "" : head().pathToLog(), this::answer);
    }

    /// How the limits treat this connection.
    ConnectionLimits.Entry entry() {
        return place.entry();
    }

    /// The connection is closed and counts no more.
    void leave() {
        place.close();
    }

    /// Ends the connection at once, since another one has taken its place. A peer that is just sending may not
    /// read why.
    private void evict() {
        if (!answered) {
            answered = true;
            var refusal = ConnectionLimits.TOO_MANY_CONNECTIONS.with(RequestHead.REQUEST_ID_HEADER, id.toString());
            try {
                channel.writeAndFlush(refusal.encode(channel.alloc(), true), channel.voidPromise());
            } catch (OutOfMemoryError _) {
                // It is closed without a response then.
            }
        }
        channel.close();
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
                .log("Malformed request refused");
        answerOnLoop(HttpResponse.json(
                error.status(),
                "{\"error\":\"bad request\",\"detail\":\"" + error.detail().replace("\"", "'") + "\"}"));
    }

    /// Hands the channel over to a relay; null when the client has disconnected or has its response.
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

    /// Watches a client that waits for its response: it may disconnect, but must not send anything.
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

    /// A response whose body is sent in chunks until it is closed. Its methods may be called on any
    /// thread and never block: chunks that a slow client does not read in time are dropped as a whole.
    public static final class StreamingResponse {
        private final Channel channel;

        /// Whether a chunk waits for the event loop. Limits the chunks there to one while the event loop
        /// is busy.
        private final AtomicBoolean chunkPending = new AtomicBoolean();

        private volatile long stalledSinceNanos;
        private volatile boolean stalled;

        private StreamingResponse(Channel channel) {
            this.channel = channel;
        }

        /// Sends a chunk, or drops it when the client has not read enough of the earlier ones.
        ///
        /// @param chunk sent as UTF-8
        public void send(String chunk) {
            var _ = send(memory -> ByteBufUtil.writeUtf8(memory, chunk));
        }

        /// The same, for bytes.
        ///
        /// @return false when it was dropped
        public boolean send(byte[] chunk) {
            return send(memory -> memory.buffer(chunk.length).writeBytes(chunk));
        }

        private boolean send(Function<ByteBufAllocator, ByteBuf> chunk) {
            if (!channel.isWritable() || !chunkPending.compareAndSet(false, true)) {
                if (!stalled) {
                    stalledSinceNanos = System.nanoTime();
                    stalled = true;
                }
                return false;
            }
            stalled = false;
            channel.eventLoop().execute(() -> {
                chunkPending.set(false);
                if (channel.isActive()) {
                    channel.writeAndFlush(chunk.apply(channel.alloc()), channel.voidPromise());
                }
            });
            return true;
        }

        /// Sends a chunk and waits until it is on its way, so that nothing is dropped. Blocks.
        ///
        /// @return false when the client has left, or has not read for so long
        public boolean sendAndWait(byte[] chunk, Duration atMost) throws InterruptedException {
            var sent = new CompletableFuture<Boolean>();
            channel.eventLoop()
                    .execute(() -> channel.writeAndFlush(
                                    channel.alloc().buffer(chunk.length).writeBytes(chunk))
                            .addListener(written -> sent.complete(written.isSuccess())));
            try {
                return sent.get(atMost.toNanos(), TimeUnit.NANOSECONDS);
            } catch (ExecutionException | TimeoutException _) {
                return false;
            }
        }

        /// Sends a last chunk, however slow the client is, and ends the response behind it.
        public void end(byte[] chunk) {
            channel.eventLoop()
                    .execute(() -> ConnectionPipeline.close(
                            channel, memory -> memory.buffer(chunk.length).writeBytes(chunk)));
        }

        /// How long chunks have been dropped; zero while the client reads.
        public Duration stalledFor() {
            return stalled ? Duration.ofNanos(System.nanoTime() - stalledSinceNanos) : Duration.ZERO;
        }

        /// Whether the client is still connected.
        public boolean isOpen() {
            return channel.isActive();
        }

        /// Waits until it is closed, for so long at most.
        public void awaitClosed(Duration atMost) throws InterruptedException {
            var _ = channel.closeFuture().await(atMost.toMillis());
        }

        /// Ends the response. Chunks that were sent and not read are lost.
        public void close() {
            channel.close();
        }
    }
}
