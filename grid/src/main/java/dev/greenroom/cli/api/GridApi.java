package dev.greenroom.cli.api;

import dev.greenroom.cli.api.GridApi.GridApiException.ApiFailure;
import dev.greenroom.cli.api.GridApi.GridApiException.TokenAdvice;
import dev.greenroom.config.CommandSettings.GridSettings;
import dev.greenroom.data.Json;
import dev.greenroom.net.tls.ServerTls;
import dev.greenroom.net.tls.ServerTls.TlsFailedException;
import java.io.IOException;
import java.io.Serial;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/// A client of the HTTP API. Thread-safe; each call blocks for [#DEADLINE] at most.
public final class GridApi implements AutoCloseable {
    /// The deadline of a response.
    static final Duration DEADLINE = Duration.ofSeconds(10);

    private static final Duration CONNECT_DEADLINE = Duration.ofSeconds(5);
    private static final int MAX_BODY_BYTES = 32 * 1024 * 1024;
    private static final int FIRST_ERROR = 400;

    private final GridSettings settings;
    private final HttpClient client;

    private GridApi(GridSettings settings, HttpClient client) {
        this.settings = settings;
        this.client = client;
    }

    /// A response with any status.
    ///
    /// @param body a missing node if it is not JSON
    public record ApiReply(int status, JsonNode body, Optional<String> challenge) {
        /// Whether the status is a success.
        public boolean isGood() {
            return status < FIRST_ERROR;
        }

        /// Status and texts of the response. The hint of a 401 is left out, since it is about HTTP headers.
        private String reason() {
            var words = Stream.of("error", "reason", "detail", "message", "status", "hint")
                    .filter(field -> status != 401 || !field.equals("hint"))
                    .map(field -> body.path(field).asString(""))
                    .filter(word -> !word.isEmpty())
                    .toList();
            return "HTTP " + status + (words.isEmpty() ? "" : ": " + String.join(", ", words));
        }
    }

    /// Creates a client; does not connect yet.
    ///
    /// @throws GridApiException when the certificates to trust cannot be read
    public static GridApi of(GridSettings settings) throws GridApiException {
        var builder = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(CONNECT_DEADLINE);
        if (settings.ca().isPresent()) {
            builder.sslContext(TrustedCertificates.in(settings.ca().get()));
        }
        return new GridApi(settings, builder.build());
    }

    /// The JSON at a path.
    ///
    /// @throws GridApiException on an error, or if the response is not JSON
    public JsonNode get(String path) throws GridApiException, InterruptedException {
        return good("GET", path);
    }

    /// Sends a command.
    public JsonNode post(String path) throws GridApiException, InterruptedException {
        return good("POST", path);
    }

    private JsonNode good(String method, String path) throws GridApiException, InterruptedException {
        var answer = ask(method, path, true);
        if (answer.isGood() && !answer.body().isMissingNode()) {
            return answer.body();
        }
        throw switch (answer.status()) {
            case 401 ->
                settings.token().isEmpty()
                        ? refusal("requires a token", answer, TokenAdvice.missing())
                        : refusal("does not accept the token", answer, "is it correct?");
            case 403 -> refusal("does not allow this", answer, missingFields(answer));
            case 404 ->
                new GridApiException(
                        ApiFailure.MISSING, name() + " does not know " + path + " (" + answer.reason() + ")");
            case 426, 301, 302, 307, 308 ->
                new GridApiException(
                        ApiFailure.ODD,
                        name() + " answers " + path + " with " + answer.reason()
                                + "; is this the address of a grid, and does it need https:// or wss://?");
            default ->
                new GridApiException(
                        ApiFailure.ODD,
                        answer.isGood()
                                ? name() + " responds, but not like a grid; is the address correct?"
                                : name() + " cannot answer (" + answer.reason() + ")");
        };
    }

    private GridApiException refusal(String what, ApiReply answer, String remedy) {
        return new GridApiException(ApiFailure.REFUSED, name() + " " + what + " (" + answer.reason() + "); " + remedy);
    }

    private static String missingFields(ApiReply answer) {
        var scope = answer.body().path("scope").asString("");
        return scope.isEmpty() ? "check --url" : "the token " + TokenAdvice.lacks(scope);
    }

    /// Sends a request and returns any response.
    ///
    /// @param withToken whether to send the token
    /// @throws GridApiException if there is no response
    public ApiReply ask(String method, String path, boolean withToken) throws GridApiException, InterruptedException {
        var request = HttpRequest.newBuilder(URI.create(settings.http() + path))
                .method(method, BodyPublishers.noBody())
                .header("Accept", "application/json")
                .timeout(DEADLINE);
        settings.token()
                .filter(_ -> withToken)
                .ifPresent(token -> request.header("Authorization", "Bearer " + token.value()));
        try {
            var response = client.send(request.build(), BodyHandlers.limiting(BodyHandlers.ofString(), MAX_BODY_BYTES));
            return new ApiReply(
                    response.statusCode(), json(response), response.headers().firstValue("WWW-Authenticate"));
        } catch (IOException e) {
            throw unanswered(e);
        }
    }

    private static JsonNode json(HttpResponse<String> response) {
        try {
            var node = Json.mapper().readTree(response.body());
            return node.isContainer() ? node : Json.mapper().missingNode();
        } catch (JacksonException _) {
            return Json.mapper().missingNode();
        }
    }

    private GridApiException unanswered(IOException failure) {
        return switch (failure) {
            case HttpConnectTimeoutException _ ->
                new GridApiException(
                        ApiFailure.SILENCE,
                        name() + " could not be connected to within " + CONNECT_DEADLINE.toSeconds() + " s"
                                + (settings.isSecure() ? "; does it really use https://?" : ""));
            case HttpTimeoutException _ ->
                new GridApiException(
                        ApiFailure.SILENCE, name() + " did not answer within " + DEADLINE.toSeconds() + " s");
            case ConnectException e
            when hasCause(e, UnresolvedAddressException.class) ->
                new GridApiException(
                        ApiFailure.SILENCE, "the host name in " + settings.http() + " cannot be resolved; check --url");
            case ConnectException _ ->
                new GridApiException(
                        ApiFailure.SILENCE,
                        "nothing listens at " + settings.http() + "; is the grid running? check --url");
            case SSLException e ->
                new GridApiException(
                        ApiFailure.TLS,
                        "TLS failed with " + settings.http() + " (" + e.getMessage() + "); check --url, and trust its"
                                + " authority with --ca");
            default ->
                new GridApiException(
                        ApiFailure.ODD,
                        name() + " closed the connection (" + failure.getMessage() + "); is it a grid, and does it"
                                + (settings.isSecure() ? " really" : " not") + " use https://?");
        };
    }

    private static boolean hasCause(Throwable failure, Class<? extends Throwable> kind) {
        return Stream.iterate(failure, each -> each != null, Throwable::getCause)
                .anyMatch(kind::isInstance);
    }

    /// The grid, for error messages.
    private String name() {
        return "the grid at " + settings.http();
    }

    @Override
    public void close() {
        client.shutdownNow();
    }

    /// Trusts only the certificates of a PEM file.
    static final class TrustedCertificates {
        private static final String SETTING = "GREENROOM_CA";

        private TrustedCertificates() {}

        static SSLContext in(Path file) throws GridApiException {
            try {
                var certificates = ServerTls.certificates(SETTING, file);
                var store = KeyStore.getInstance(KeyStore.getDefaultType());
                store.load(null, null);
                for (var certificate : certificates) {
                    store.setCertificateEntry("ca-" + store.size(), certificate);
                }
                var trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
                trust.init(store);
                var context = SSLContext.getInstance("TLS");
                context.init(null, trust.getTrustManagers(), null);
                return context;
            } catch (TlsFailedException e) {
                throw new GridApiException(
                        ApiFailure.TLS, e.getMessage() + "; name a PEM file with the certificates to trust");
            } catch (IOException | GeneralSecurityException e) {
                throw new IllegalStateException("every JDK can hold trusted certificates", e);
            }
        }
    }

    /// The grid gave no usable response. The message is one sentence for the user.
    public static final class GridApiException extends Exception {
        @Serial
        private static final long serialVersionUID = 1L;

        private final ApiFailure kind;
        private final String sentence;

        /// The kind of failure.
        public enum ApiFailure {
            /// No response.
            SILENCE,
            /// The certificate is not trusted, or there is no TLS.
            TLS,
            /// A token is missing, or may not do this.
            REFUSED,
            /// The path does not exist.
            MISSING,
            /// The response is not from a grid, or is an error of the grid.
            ODD
        }

        GridApiException(ApiFailure kind, String sentence) {
            super(sentence);
            this.kind = kind;
            this.sentence = sentence;
        }

        /// The kind of failure.
        public ApiFailure kind() {
            return kind;
        }

        /// The message.
        public String sentence() {
            return sentence;
        }

        /// Remedies for a missing or insufficient token.
        public static final class TokenAdvice {
            private static final Pattern UNAUTHORIZED = Pattern.compile("\\b401 Unauthorized\\b");
            private static final Pattern SCOPE = Pattern.compile("\\b403 Forbidden\\b.*\"scope\":\"(\\w+)\"");

            private TokenAdvice() {}

            /// The remedy for a client that got no session.
            ///
            /// @param failure the error message of the client
            /// @return a sentence; empty if the token is not the cause
            public static Optional<String> ofSession(GridSettings grid, String failure) {
                if (UNAUTHORIZED.matcher(failure).find()) {
                    return Optional.of(
                            grid.token().isEmpty()
                                    ? "The grid requires a token; " + missing() + "."
                                    : "The grid does not accept the token.");
                }
                var scope = SCOPE.matcher(failure);
                return scope.find() ? Optional.of("The token " + lacks(scope.group(1)) + ".") : Optional.empty();
            }

            static String missing() {
                return "set it with GREENROOM_TOKEN or --token-file";
            }

            static String lacks(String scope) {
                return "lacks the scope " + scope;
            }
        }
    }

    /// The state of a grid from `/v1/overview`. Fields that the version of the grid does not have are 0 or
    /// empty.
    ///
    /// @param registryAnswers whether the proxy reaches the registry
    /// @param ageMillis age of the state
    /// @param proxySessions sessions of the proxy
    /// @param slots by browser type
    public record GridState(
            boolean registryAnswers,
            long ageMillis,
            int proxySessions,
            boolean draining,
            Map<String, SlotTotals> slots,
            SlotTotals total,
            List<WorkerState> workers) {

        /// Slots of one browser type, or of all.
        ///
        /// @param queued clients of the proxy
        public record SlotTotals(int workers, int slots, int active, int available, int queued) {
            static SlotTotals of(JsonNode node) {
                return new SlotTotals(
                        node.path("workers").asInt(0),
                        node.path("slots").asInt(0),
                        node.path("active").asInt(0),
                        node.path("available").asInt(0),
                        node.path("queued").asInt(0));
            }
        }

        /// Fetches the state of a grid.
        ///
        /// @throws GridApiException if the grid gives no usable response
        public static GridState ask(GridApi api) throws GridApiException, InterruptedException {
            return of(api.get("/v1/overview"));
        }

        static GridState of(JsonNode node) {
            var capacity = node.path("capacity");
            var slots = new LinkedHashMap<String, SlotTotals>();
            capacity.path("browsers")
                    .properties()
                    .forEach(each -> slots.put(each.getKey(), SlotTotals.of(each.getValue())));
            return new GridState(
                    node.path("registry").path("answering").asBoolean(false),
                    node.path("registry").path("ageMillis").asLong(0),
                    node.path("proxy").path("sessions").asInt(0),
                    node.path("proxy").path("draining").asBoolean(false),
                    slots,
                    SlotTotals.of(capacity.path("total")),
                    WorkerState.all(node.path("workers")));
        }

        /// A session, from the API. Fields that an older grid does not have are 0 or empty.
        ///
        /// @param name what its client calls it, or empty
        /// @param tenant name of the token of the client; empty without tokens
        /// @param playwright version of the client, or empty
        /// @param idleSeconds since the last call of the client, if known
        public record SessionState(
                String id,
                String name,
                String worker,
                String proxy,
                String tenant,
                String playwright,
                String remote,
                long ageSeconds,
                Optional<Long> idleSeconds) {
            /// Maximum size of a page.
            public static final int MOST = 500;

            /// The oldest sessions of a grid.
            ///
            /// @param more whether there are more recent ones
            public record SessionStatePage(List<SessionState> sessions, boolean more) {
                /// Not fetched.
                public static final SessionStatePage NONE = new SessionStatePage(List.of(), false);
            }

            /// Fetches the oldest sessions, [#MOST] at most.
            ///
            /// @throws GridApiException if the grid gives no usable response
            public static SessionStatePage ask(GridApi api) throws GridApiException, InterruptedException {
                var answer = json(api);
                return new SessionStatePage(
                        answer.path("sessions")
                                .valueStream()
                                .map(SessionState::of)
                                .toList(),
                        !answer.path("next").asString("").isEmpty());
            }

            /// The same as JSON.
            public static JsonNode json(GridApi api) throws GridApiException, InterruptedException {
                return api.get("/v1/sessions?limit=" + MOST);
            }

            private static SessionState of(JsonNode node) {
                return new SessionState(
                        node.path("id").asString(""),
                        node.path("name").asString(""),
                        node.path("worker").asString(""),
                        node.path("proxy").asString(""),
                        node.path("tenant").asString(""),
                        node.path("playwright").asString(""),
                        node.path("remote").asString(""),
                        node.path("ageSeconds").asLong(0),
                        node.path("idleSeconds").isNumber()
                                ? Optional.of(node.path("idleSeconds").asLong())
                                : Optional.empty());
            }
        }

        /// A worker, from the API.
        ///
        /// @param id `<browser>:<name>`
        /// @param address `host:port`
        /// @param startedAt the epoch if unknown
        public record WorkerState(
                String id,
                String browser,
                String address,
                String status,
                boolean suspect,
                int active,
                int maxConcurrent,
                int lifetime,
                int maxLifetime,
                String maxLifetimeFrom,
                String slotLimitFrom,
                long heartbeatAgeSeconds,
                String versions,
                String software,
                Instant startedAt) {

            /// Fetches all workers of the grid.
            ///
            /// @throws GridApiException if the grid gives no usable response
            public static List<WorkerState> ask(GridApi api) throws GridApiException, InterruptedException {
                return all(api.get("/v1/workers").path("workers"));
            }

            static List<WorkerState> all(JsonNode nodes) {
                return nodes.valueStream().map(WorkerState::of).toList();
            }

            private static WorkerState of(JsonNode node) {
                return new WorkerState(
                        node.path("id").asString(""),
                        node.path("browser").asString(""),
                        node.path("address").asString(""),
                        node.path("status").asString(""),
                        node.path("suspect").asBoolean(false),
                        node.path("active").asInt(0),
                        node.path("maxConcurrent").asInt(0),
                        node.path("lifetime").asInt(0),
                        node.path("maxLifetime").asInt(0),
                        node.path("maxLifetimeFrom").asString(""),
                        node.path("slotLimitFrom").asString(""),
                        node.path("heartbeatAgeSeconds").asLong(0),
                        node.path("playwrightVersions").asString(""),
                        node.path("software").asString(""),
                        instant(node.path("startedAt").asString("")));
            }

            private static Instant instant(String text) {
                try {
                    return Instant.parse(text);
                } catch (DateTimeException _) {
                    return Instant.EPOCH;
                }
            }
        }
    }
}
