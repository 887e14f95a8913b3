package dev.greenroom.proxy.access;

import dev.greenroom.config.TokenList;
import dev.greenroom.config.TokenList.AccessToken;
import dev.greenroom.config.TokenList.AccessToken.Scope;
import dev.greenroom.config.TokenList.AuthTokens;
import dev.greenroom.config.settings.AccessSettings;
import dev.greenroom.net.http.RequestHead;
import dev.greenroom.net.server.HttpListener.ConnectionHandler;
import dev.greenroom.proxy.access.HostPolicy.RequestPurpose;
import dev.greenroom.session.Refusal;
import dev.greenroom.session.Tenant;
import java.net.InetAddress;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Decides who may use a proxy's port. Safe for use by many threads.
public final class AccessControl implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(AccessControl.class);
    private static final int RETRY_AFTER_A_SESSION_SECONDS = 1;

    private final HostPolicy hosts;
    private final FailedTokenLimiter failures;
    private final TenantQuotas tenantQuotas;

    /// Empty where there are no tokens at all; never becomes so.
    private final AtomicReference<Optional<TokenStore>> tokens;

    private final Optional<TokenFileWatcher> file;

    /// @param nanoTime a clock that only goes forward
    public AccessControl(AccessSettings settings, LongSupplier nanoTime) {
        this.hosts = new HostPolicy(settings, HostPolicy.ownName());
        this.failures = new FailedTokenLimiter(nanoTime);
        this.tenantQuotas = new TenantQuotas(nanoTime);
        this.tokens = new AtomicReference<>(settings.tokens().map(AccessControl::book));
        this.file = settings.tokens()
                .flatMap(given -> given.file()
                        .map(path -> new TokenFileWatcher(
                                path, given.text().value(), book -> tokens.set(Optional.of(book)))));
    }

    private static TokenStore book(AuthTokens given) {
        return switch (TokenList.read(given.text().value())) {
            case TokenList.ParsedTokens.Tokens(var list) -> new TokenStore(list);
            case TokenList.ParsedTokens.Broken(var rule) -> throw new IllegalArgumentException("AUTH_TOKENS: " + rule);
        };
    }

    /// Whether a request asks only how this process is, which everybody may.
    public static boolean asksForHealth(RequestHead head) {
        return EndpointGuard.asksForHealth(head);
    }

    /// Begins to look at the file of tokens, if there is one.
    public void start() {
        file.ifPresent(TokenFileWatcher::start);
    }

    /// What came of asking for a session.
    public sealed interface Verdict {
        /// May go on.
        record Allowed(Pass pass) implements Verdict {}

        /// May not.
        record Refused(Refusal why) implements Verdict {}

        /// May, but not now: its token has limits.
        record OverLimit(Tenant tenant, Refusal why) implements Verdict {}
    }

    /// One session's right to be, counted until it is closed.
    public final class Pass implements AutoCloseable {
        private final Optional<AccessToken> token;
        private final Tenant tenant;

        private Pass(Optional<AccessToken> token, Tenant tenant) {
            this.token = token;
            this.tenant = tenant;
        }

        /// On whose behalf.
        public Tenant tenant() {
            return tenant;
        }

        @Override
        public void close() {
            token.ifPresent(tenantQuotas::leave);
        }
    }

    /// Considers a request for a session.
    public Verdict session(RequestHead head, InetAddress remote) {
        var refused = considered(head, remote, Scope.CONNECT, RequestPurpose.SESSION);
        if (refused instanceof Considered.Refused(var why)) {
            return new Verdict.Refused(why);
        }
        var token = ((Considered.Fine) refused).token();
        if (token.isEmpty()) {
            return new Verdict.Allowed(new Pass(token, Tenant.EVERYBODY));
        }
        var tenant = tenant(token.get());
        var wait = tenantQuotas.connect(token.get());
        if (wait.isPresent()) {
            return new Verdict.OverLimit(tenant, new Refusal.QuotaExceeded(wait.getAsInt()));
        }
        return tenantQuotas.enter(token.get())
                ? new Verdict.Allowed(new Pass(token, tenant))
                : new Verdict.OverLimit(tenant, new Refusal.QuotaExceeded(RETRY_AFTER_A_SESSION_SECONDS));
    }

    /// Considers a request for something else.
    ///
    /// @return why not; empty when it may be served
    Optional<Refusal> other(RequestHead head, InetAddress remote, Scope needed) {
        return considered(head, remote, needed, needed == Scope.ADMIN ? RequestPurpose.CHANGE : RequestPurpose.READ)
                        instanceof Considered.Refused(var why)
                ? Optional.of(why)
                : Optional.empty();
    }

    /// Considers a request for something that holds no secret: only by which name, and for which page.
    Optional<Refusal> open(RequestHead head) {
        return byName(head, RequestPurpose.READ);
    }

    /// Lets a handler serve only those who may.
    public ConnectionHandler guarding(ConnectionHandler handler) {
        return new EndpointGuard(this, handler);
    }

    private sealed interface Considered {
        record Fine(Optional<AccessToken> token) implements Considered {}

        record Refused(Refusal why) implements Considered {}
    }

    private Considered considered(RequestHead head, InetAddress remote, Scope needed, RequestPurpose use) {
        var name = byName(head, use);
        if (name.isPresent()) {
            return new Considered.Refused(name.get());
        }
        var book = tokens.get();
        return book.isEmpty() ? new Considered.Fine(Optional.empty()) : byToken(book.get(), head, remote, needed);
    }

    private Optional<Refusal> byName(RequestHead head, RequestPurpose use) {
        var withTokens = tokens.get().isPresent();
        if ((!withTokens || hosts.areSet()) && !hosts.isOurs(head)) {
            LOG.atDebug()
                    .addKeyValue("code", "HOST_REFUSED")
                    .addKeyValue("host", HostPolicy.hostOf(head))
                    .log("A request called the grid by a name that ALLOWED_HOSTS does not have");
            return Optional.of(new Refusal.ForeignHost(HostPolicy.hostOf(head), withTokens));
        }
        return hosts.mayAsk(head, use)
                ? Optional.empty()
                : Optional.of(new Refusal.ForeignOrigin(HostPolicy.originOf(head)));
    }

    private Considered byToken(TokenStore book, RequestHead head, InetAddress remote, Scope needed) {
        var shown = RequestCredentials.of(head);
        var found = book.find(shown.orElse(""));
        if (shown.isEmpty()) {
            return new Considered.Refused(new Refusal.Unauthorized());
        }
        var blocked = failures.blocked(remote);
        if (blocked.isPresent()
                && found.filter(token -> failures.isKnown(remote, token)).isEmpty()) {
            return new Considered.Refused(new Refusal.TooManyFailures(blocked.getAsInt()));
        }
        if (found.isEmpty()) {
            failures.failed(remote);
            return new Considered.Refused(new Refusal.Unauthorized());
        }
        failures.succeeded(remote, found.get());
        return found.get().allows(needed)
                ? new Considered.Fine(found)
                : new Considered.Refused(new Refusal.ScopeMissing(needed.name().toLowerCase(Locale.ROOT)));
    }

    private Tenant tenant(AccessToken token) {
        var shared = tokens.get().map(TokenStore::isShared).orElse(false);
        return new Tenant(token.name(), token.limits().queue(), shared);
    }

    /// Looks at no file any more.
    @Override
    public void close() {
        file.ifPresent(TokenFileWatcher::close);
    }
}
