package dev.greenroom.e2e.wire;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.net.http.WebSocketHandshakeException;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// A connection that speaks the Chrome DevTools Protocol by hand.
public final class CdpConnection implements AutoCloseable {
    private static final JsonMapper JSON = new JsonMapper();
    private static final int SECONDS = 20;
    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final AtomicInteger lastId = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonNode>> answers = new ConcurrentHashMap<>();
    private final CompletableFuture<Integer> closed = new CompletableFuture<>();
    private final StringBuilder text = new StringBuilder();
    private final WebSocket webSocket;

    private CdpConnection(String url) {
        this.webSocket = HTTP.newWebSocketBuilder()
                .buildAsync(URI.create(url), new Incoming())
                .join();
    }

    /// The address of a browser that nobody uses yet.
    ///
    /// @param query for example `?token=...`, or empty
    public static String address(int port, String query) {
        return Http.get(port, "/json/version" + query)
                .json()
                .get("webSocketDebuggerUrl")
                .asString();
    }

    /// Connects.
    ///
    /// @throws AssertionError when the answer is not a 101
    public static CdpConnection open(String url) {
        try {
            return new CdpConnection(url);
        } catch (CompletionException e) {
            throw new AssertionError("no connection to " + url, e);
        }
    }

    /// The status with which a connection is refused.
    public static int refusal(String url) {
        try (var _ = new CdpConnection(url)) {
            throw new AssertionError("connected to " + url);
        } catch (CompletionException e) {
            if (e.getCause() instanceof WebSocketHandshakeException refused) {
                return refused.getResponse().statusCode();
            }
            throw e;
        }
    }

    /// Sends a command without parameters and waits for its result.
    public JsonNode call(String method) {
        return call(method, Map.of());
    }

    /// Sends a command and waits for its result.
    public JsonNode call(String method, Map<String, Object> params) {
        var id = lastId.incrementAndGet();
        var answer = new CompletableFuture<JsonNode>();
        answers.put(id, answer);
        webSocket.sendText(JSON.writeValueAsString(Map.of("id", id, "method", method, "params", params)), true);
        var message = answer.orTimeout(SECONDS, TimeUnit.SECONDS).join();
        if (!message.has("result")) {
            throw new AssertionError(method + ": " + message);
        }
        return message.get("result");
    }

    /// The id of the first page of its browser.
    public String page() {
        for (var target : call("Target.getTargets").get("targetInfos")) {
            if (target.get("type").asString().equals("page")) {
                return target.get("targetId").asString();
            }
        }
        throw new AssertionError("a browser without a page");
    }

    /// Waits until the other side has closed it.
    ///
    /// @return the code; 1006 without a close frame
    public int awaitClosed() {
        return closed.orTimeout(SECONDS, TimeUnit.SECONDS).join();
    }

    /// Whether nobody has closed it.
    public boolean isOpen() {
        return !closed.isDone();
    }

    /// Loses it: closes the socket without a close frame.
    public void lose() {
        webSocket.abort();
    }

    /// Leaves as clients do, with a close frame.
    public void leave() {
        // It may be closing already, by the other side.
        webSocket
                .sendClose(WebSocket.NORMAL_CLOSURE, "")
                .orTimeout(SECONDS, TimeUnit.SECONDS)
                .exceptionally(_ -> webSocket)
                .join();
    }

    @Override
    public void close() {
        leave();
    }

    private final class Incoming implements WebSocket.Listener {
        @Override
        public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
                var message = JSON.readTree(text.toString());
                text.setLength(0);
                var answer = answers.remove(message.path("id").asInt(0));
                if (answer != null) {
                    answer.complete(message);
                }
            }
            from.request(1);
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletionStage<?> onClose(WebSocket from, int code, String reason) {
            closed.complete(code);
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public void onError(WebSocket from, Throwable error) {
            closed.complete(1006);
        }
    }
}
