package dev.greenroom.worker.gateway;

import dev.greenroom.config.RedisSettings.GridSecretSettings;
import dev.greenroom.net.http.HttpHeader;
import dev.greenroom.net.http.RequestHead;
import dev.greenroom.session.SessionId;
import dev.greenroom.trust.GridSecret;
import dev.greenroom.trust.GridSecret.ReplayGuard;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Checks that session requests come from a proxy of this grid. Safe for use by many threads.
final class ProxyAuthenticator {
    private static final Logger LOG = LoggerFactory.getLogger(ProxyAuthenticator.class);
    private static final long LOG_INTERVAL_NANOS = 10_000_000_000L;

    private final Optional<GridSecret> secret;
    private final ReplayGuard replayGuard = new ReplayGuard();
    private final String path;
    private final AtomicLong unauthenticated = new AtomicLong();
    private final AtomicLong quietUntil = new AtomicLong(System.nanoTime());

    ProxyAuthenticator(GridSecretSettings settings, String path) {
        this.secret = settings.secret().map(text -> new GridSecret(text.value()));
        this.path = path;
    }

    /// A session request that comes from a proxy of this grid.
    ///
    /// @param tenant the proxy's name for it; empty when it is unknown or, with a worker secret, not proven
    /// @param proof this worker's own, as headers for its 101; none without a worker secret
    record AuthenticatedRequest(Optional<String> tenant, List<HttpHeader> proof) {}

    /// Checks the proofs of a proxy. Empty when the request is not authenticated.
    Optional<AuthenticatedRequest> authenticate(RequestHead head, SessionId session) {
        var tenant = head.header(GridSecret.TENANT_HEADER).filter(name -> !name.isBlank());
        if (secret.isEmpty()) {
            return Optional.of(new AuthenticatedRequest(tenant, List.of()));
        }
        var known = secret.get();
        var attempt = head.header(GridSecret.HEADER)
                .flatMap(proof -> known.proven(proof, session, path))
                .filter(replayGuard::take);
        if (attempt.isEmpty()) {
            refused();
        }
        return attempt.map(proven -> new AuthenticatedRequest(
                tenant.filter(name -> head.header(GridSecret.TENANT_PROOF_HEADER)
                        .filter(proof -> known.isTenantProof(proven, name, proof))
                        .isPresent()),
                List.of(new HttpHeader(GridSecret.HEADER, known.workerProof(proven)))));
    }

    /// Anybody who reaches the port can cause this log line, so it is rate-limited and has a total.
    private void refused() {
        var total = unauthenticated.incrementAndGet();
        var now = System.nanoTime();
        var until = quietUntil.get();
        if (now - until >= 0 && quietUntil.compareAndSet(until, now + LOG_INTERVAL_NANOS)) {
            LOG.atWarn()
                    .addKeyValue("code", "PROXY_UNPROVEN")
                    .addKeyValue("total", total)
                    .log("Session requests without a valid proof of WORKER_SECRET refused");
        }
    }
}
