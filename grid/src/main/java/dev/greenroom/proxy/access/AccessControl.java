package dev.greenroom.proxy.access;

import dev.greenroom.config.ProxySections.AccessSettings;
import dev.greenroom.config.TokenList;
import dev.greenroom.config.TokenList.AccessToken;
import dev.greenroom.config.TokenList.AccessToken.Scope;
import dev.greenroom.config.TokenList.AuthTokens;
import dev.greenroom.net.http.RequestHead;
import dev.greenroom.net.server.HttpListener.ConnectionHandler;
import dev.greenroom.proxy.access.HostPolicy.RequestPurpose;
import dev.greenroom.session.ApiCaller;
import dev.greenroom.session.Refusal;
import dev.greenroom.session.Tenant;
import java.net.InetAddress;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Authorizes requests to the proxy's port: host name, origin, token, scope, limits. Thread-safe.
public final class AccessControl implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AccessControl.class);
    private static final int SESSION_LIMIT_RETRY_SECONDS = 1;

    private final HostPolicy hosts;
    private final FailedTokenLimiter failures;
    private final TenantQuotas tenantQuotas;

    /// Empty in a grid without tokens. Never becomes empty later.
    private final AtomicReference<Optional<TokenStore>> tokens;

    private final Optional<TokenFileWatcher> tokenFile;

    /// @param nanoTime a monotonic clock
    public AccessControl(AccessSettings settings, LongSupplier nanoTime) {
        this.hosts = new HostPolicy(settings, HostPolicy.ownName());
        this.failures = new FailedTokenLimiter(nanoTime);
        this.tenantQuotas = new TenantQuotas(nanoTime);
        this.tokens = new AtomicReference<>(settings.tokens().map(AccessControl::parse));
        this.tokenFile = settings.tokens()
                .flatMap(given -> given.file()
                        .map(path -> new TokenFileWatcher(
                                path, given.text().value(), store -> tokens.set(Optional.of(store)))));
    }

    private static TokenStore parse(AuthTokens given) {
        return switch (TokenList.read(given.text().value())) {
            case TokenList.ParsedTokens.Tokens(var list) -> new TokenStore(list);
            case TokenList.ParsedTokens.Broken(var rule) -> throw new IllegalArgumentException("AUTH_TOKENS: " + rule);
        };
    }

    /// Whether a request is a health check, which needs no token.
    public static boolean asksForHealth(RequestHead head) {
        return EndpointGuard.asksForHealth(head);
    }

    /// Starts to watch the token file, if there is one.
    public void start() {
        tokenFile.ifPresent(TokenFileWatcher::start);
    }

    /// The outcome of [#authorizeSession].
    public sealed interface Verdict {
        /// The client may ask for a session.
        record Allowed(Pass pass) implements Verdict {}

        /// The client is not authorized.
        record Refused(Refusal why) implements Verdict {}

        /// The client is authorized, but its tenant is over a limit.
        record OverLimit(Tenant tenant, Refusal why) implements Verdict {}
    }

    /// Counts one session of a tenant until it is closed.
    public final class Pass implements AutoCloseable {
        private final Optional<AccessToken> token;
        private final Tenant tenant;

        private Pass(Optional<AccessToken> token, Tenant tenant) {
            this.token = token;
            this.tenant = tenant;
        }

        /// The tenant of the session.
        public Tenant tenant() {
            return tenant;
        }

        @Override
        public void close() {
            token.ifPresent(tenantQuotas::removeSession);
        }
    }

    /// Authorizes a request for a session.
    public Verdict authorizeSession(RequestHead head, InetAddress remote) {
        var authorization = authorize(head, remote, Scope.CONNECT, RequestPurpose.SESSION);
        if (authorization instanceof Authorization.Refused(var why)) {
            return new Verdict.Refused(why);
        }
        var token = ((Authorization.Granted) authorization).token();
        if (token.isEmpty()) {
            return new Verdict.Allowed(new Pass(token, Tenant.EVERYBODY));
        }
        var tenant = tenant(token.get());
        var wait = tenantQuotas.connect(token.get());
        if (wait.isPresent()) {
            return new Verdict.OverLimit(tenant, new Refusal.QuotaExceeded(wait.getAsInt()));
        }
        return tenantQuotas.addSession(token.get())
                ? new Verdict.Allowed(new Pass(token, tenant))
                : new Verdict.OverLimit(tenant, new Refusal.QuotaExceeded(SESSION_LIMIT_RETRY_SECONDS));
    }

    /// Authorizes a connection to a page of one of the client's sessions, which counts as none.
    public Verdict authorizePage(RequestHead head, InetAddress remote) {
        return switch (authorize(head, remote, Scope.CONNECT, RequestPurpose.SESSION)) {
            case Authorization.Refused(var why) -> new Verdict.Refused(why);
            case Authorization.Granted(var token) ->
                new Verdict.Allowed(
                        new Pass(Optional.empty(), token.map(this::tenant).orElse(Tenant.EVERYBODY)));
        };
    }

    /// The outcome of [#enter].
    sealed interface ApiEntry {
        /// The request is served for this caller.
        record Granted(ApiCaller caller) implements ApiEntry {}

        /// The request is refused.
        record Refused(Refusal why) implements ApiEntry {}
    }

    /// Authorizes a request for anything but a session.
    ApiEntry enter(RequestHead head, InetAddress remote, Scope needed) {
        var purpose = needed == Scope.ADMIN ? RequestPurpose.CHANGE : RequestPurpose.READ;
        return switch (authorize(head, remote, needed, purpose)) {
            case Authorization.Refused(var why) -> new ApiEntry.Refused(why);
            case Authorization.Granted(var token) ->
                new ApiEntry.Granted(new ApiCaller(
                        token.filter(it -> !it.allows(Scope.READ_ALL)).map(AccessToken::name), scopes(token)));
        };
    }

    private static Set<String> scopes(Optional<AccessToken> token) {
        return Stream.of(Scope.values())
                .filter(scope -> token.map(it -> it.allows(scope)).orElse(true))
                .map(Scope::word)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /// The same, where it does not matter whose sessions it may see.
    ///
    /// @return why it is refused; empty if it is authorized
    Optional<Refusal> refusal(RequestHead head, InetAddress remote, Scope needed) {
        return enter(head, remote, needed) instanceof ApiEntry.Refused(var why) ? Optional.of(why) : Optional.empty();
    }

    /// Checks host name and origin only, for content without secrets.
    Optional<Refusal> refusalWithoutToken(RequestHead head) {
        return checkHostAndOrigin(head, RequestPurpose.READ);
    }

    /// Checks host name and origin only, for a connection that joins a session.
    public Optional<Refusal> refusalToJoin(RequestHead head) {
        return checkHostAndOrigin(head, RequestPurpose.SESSION);
    }

    /// Wraps a handler so that it serves authorized requests only.
    public ConnectionHandler guarding(ConnectionHandler handler) {
        return new EndpointGuard(this, handler);
    }

    private sealed interface Authorization {
        record Granted(Optional<AccessToken> token) implements Authorization {}

        record Refused(Refusal why) implements Authorization {}
    }

    private Authorization authorize(RequestHead head, InetAddress remote, Scope needed, RequestPurpose purpose) {
        var name = checkHostAndOrigin(head, purpose);
        if (name.isPresent()) {
            return new Authorization.Refused(name.get());
        }
        var store = tokens.get();
        return store.isEmpty()
                ? new Authorization.Granted(Optional.empty())
                : checkToken(store.get(), head, remote, needed);
    }

    private Optional<Refusal> checkHostAndOrigin(RequestHead head, RequestPurpose purpose) {
        var withTokens = tokens.get().isPresent();
        if ((!withTokens || hosts.isConfigured()) && !hosts.isAllowedHost(head)) {
            LOG.atDebug()
                    .addKeyValue("code", "HOST_REFUSED")
                    .addKeyValue("host", HostPolicy.hostOf(head))
                    .log("Host name refused: not in ALLOWED_HOSTS");
            return Optional.of(new Refusal.ForeignHost(HostPolicy.hostOf(head), withTokens));
        }
        return hosts.isAllowedOrigin(head, purpose)
                ? Optional.empty()
                : Optional.of(new Refusal.ForeignOrigin(HostPolicy.originOf(head)));
    }

    private Authorization checkToken(TokenStore store, RequestHead head, InetAddress remote, Scope needed) {
        if (RequestCredentials.areAmbiguous(head)) {
            return new Authorization.Refused(
                    new Refusal.BadRequest("token is given more than once, with different values; give it once"));
        }
        var token = RequestCredentials.of(head);
        var found = store.find(token.orElse(""));
        if (token.isEmpty()) {
            return new Authorization.Refused(new Refusal.Unauthorized());
        }
        if (found.isEmpty()) {
            var wait = failures.failed(remote);
            return new Authorization.Refused(
                    wait.isPresent() ? new Refusal.TooManyFailures(wait.getAsInt()) : new Refusal.Unauthorized());
        }
        return found.get().allows(needed)
                ? new Authorization.Granted(found)
                : new Authorization.Refused(new Refusal.ScopeMissing(needed.word()));
    }

    private Tenant tenant(AccessToken token) {
        var shared = tokens.get().map(TokenStore::isShared).orElse(false);
        return new Tenant(token.name(), token.limits().queue(), shared);
    }

    /// Stops to watch the token file.
    @Override
    public void close() {
        tokenFile.ifPresent(TokenFileWatcher::close);
    }
}
