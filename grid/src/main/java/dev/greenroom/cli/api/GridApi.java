package dev.greenroom.cli.api;

import dev.greenroom.cli.api.GridApiException.ApiFailure;
import dev.greenroom.cli.api.GridApiException.TokenAdvice;
import dev.greenroom.config.settings.GridSettings;
import dev.greenroom.data.Json;
import dev.greenroom.net.tls.ServerTls;
import dev.greenroom.net.tls.ServerTls.TlsFailedException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Optional;
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
}
