package dev.greenroom.e2e.wire;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;

/// A session over TLS whose client only holds it, with a token.
public final class SecureSession implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(15);

    private final HttpClient client;
    private final WebSocket socket;
    private final CompletableFuture<Integer> code;

    private SecureSession(HttpClient client, WebSocket socket, CompletableFuture<Integer> code) {
        this.client = client;
        this.socket = socket;
        this.code = code;
    }

    /// Opens one.
    ///
    /// @param url as clients have it
    /// @param trust the certificates to trust
    public static SecureSession open(String url, SSLContext trust, String token) {
        var client = HttpClient.newBuilder().sslContext(trust).build();
        var code = new CompletableFuture<Integer>();
        var socket = awaited(client.newWebSocketBuilder()
                .header("Authorization", "Bearer " + token)
                .header("User-Agent", "Playwright/1.62.1 (x64; debian 12) java/25")
                .buildAsync(URI.create(url), new Listener(code)));
        return new SecureSession(client, socket, code);
    }

    private record Listener(CompletableFuture<Integer> code) implements WebSocket.Listener {
        @Override
        public CompletionStage<?> onClose(WebSocket socket, int statusCode, String reason) {
            code.complete(statusCode);
            return CompletableFuture.completedStage(reason);
        }

        @Override
        public void onError(WebSocket socket, Throwable failure) {
            code.completeExceptionally(failure);
        }
    }

    private static <T> T awaited(CompletableFuture<T> future) {
        try {
            return future.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new AssertionError("a session over TLS: " + e, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    /// Whether nobody has ended it.
    public boolean isOpen() {
        return !code.isDone();
    }

    /// Closes it as a client does, and waits for the answer. Twice is once.
    public void leave() {
        if (isOpen()) {
            socket.sendClose(WebSocket.NORMAL_CLOSURE, "");
            awaited(code);
        }
    }

    @Override
    public void close() {
        try (client) {
            leave();
            socket.abort();
            client.shutdownNow();
        }
    }
}
