package dev.greenroom.cli.api;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.greenroom.cli.api.GridApi.GridApiException;
import dev.greenroom.config.CommandSettings.GridSettings;
import dev.greenroom.config.Secret;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;

/// An HTTP server that answers as a test tells it to.
public final class FakeGrid implements AutoCloseable {
    private final HttpServer server;
    private Optional<HttpServer> open = Optional.empty();
    private final Map<String, Supplier<Reply>> replies = new HashMap<>();
    private final List<String> requests = new CopyOnWriteArrayList<>();

    /// What is answered.
    public record Reply(int status, String body) {}

    private FakeGrid(HttpServer server) {
        this.server = server;
    }

    /// Listens on a free port of the loopback interface.
    public static FakeGrid start() throws IOException {
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
        var grid = new FakeGrid(server);
        server.createContext("/", grid::serve);
        server.start();
        return grid;
    }

    private void serve(HttpExchange exchange) throws IOException {
        var line = exchange.getRequestMethod() + " " + exchange.getRequestURI();
        requests.add(line + " "
                + Optional.ofNullable(exchange.getRequestHeaders().getFirst("Authorization"))
                        .orElse("-"));
        var reply = replies.getOrDefault(line, () -> new Reply(404, "{\"error\":\"not found\"}"))
                .get();
        var body = reply.body().getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(reply.status(), body.length == 0 ? -1 : body.length);
        exchange.getResponseBody().write(body);
        exchange.close();
    }

    /// Answers a request so.
    ///
    /// @param request for example `GET /v1/workers`
    public FakeGrid on(String request, int status, String body) {
        return on(request, () -> new Reply(status, body));
    }

    /// The same, with an answer that is made anew each time.
    public FakeGrid on(String request, Supplier<Reply> reply) {
        replies.put(request, reply);
        return this;
    }

    /// Method, path and `Authorization` (or `-`) of every request.
    public List<String> requests() {
        return new ArrayList<>(requests);
    }

    /// The address for `GREENROOM_URL`.
    public String url() {
        return "ws://localhost:" + server.getAddress().getPort();
    }

    /// Listens on every interface, too. Answers the address on this machine.
    public String openToOthers() throws IOException {
        var everywhere = HttpServer.create(new InetSocketAddress(0), 10);
        everywhere.createContext("/", this::serve);
        everywhere.start();
        open = Optional.of(everywhere);
        return "ws://localhost:" + everywhere.getAddress().getPort();
    }

    /// The settings that lead to it.
    public GridSettings settings() {
        return new GridSettings(url(), Optional.empty(), Optional.empty());
    }

    /// The same with a token.
    public GridSettings settings(String token) {
        return new GridSettings(url(), Optional.of(new Secret(token)), Optional.empty());
    }

    /// An API without a token.
    public GridApi api() throws GridApiException {
        return GridApi.of(settings());
    }

    /// A worker as `/v1/workers` lists it.
    public static String worker(String id, String status, int active, int lifetime) {
        return """
                {"id":"%s","browser":"%s","address":"10.0.0.7:3131","status":"%s","suspect":false,"active":%d,
                 "maxConcurrent":5,"lifetime":%d,"maxLifetime":50,"playwrightVersions":"any","software":"greenroom/1",
                 "startedAt":"2026-11-21T10:00:00Z","lastHeartbeat":"2026-11-21T11:00:00Z","heartbeatAgeSeconds":3}
                """.formatted(id, id.substring(0, id.indexOf(':')), status, active, lifetime);
    }

    /// What `/v1/workers` says of workers.
    public static String workers(String... workers) {
        return "{\"registry\":{\"answering\":true,\"ageMillis\":5},\"workers\":[" + String.join(",", workers) + "]}";
    }

    /// What `/v1/overview` says of chromium workers with five slots each.
    public static String overview(int active, String... workers) {
        var slots = 5 * workers.length;
        return """
                {"registry":{"answering":true,"ageMillis":5},"proxy":{"sessions":1,"draining":false,"maxQueued":9},
                 "capacity":{"browsers":{"chromium":%1$s,"firefox":{"workers":0,"queued":0}},"total":%1$s},
                 "workers":[%2$s]}
                """.formatted(
                        "{\"workers\":%d,\"slots\":%d,\"active\":%d,\"available\":%d,\"queued\":2}"
                                .formatted(workers.length, slots, active, slots - active),
                        String.join(",", workers));
    }

    @Override
    public void close() {
        server.stop(0);
        open.ifPresent(everywhere -> everywhere.stop(0));
    }
}
