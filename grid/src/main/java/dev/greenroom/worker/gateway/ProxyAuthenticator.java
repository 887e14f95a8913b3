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

    /// Checks the proof of a proxy.
    ///
    /// @return this worker's own proof, as headers for its 101 (none without a worker secret); empty when
    ///     the request is not authenticated
    Optional<List<HttpHeader>> authenticate(RequestHead head, SessionId session) {
        if (secret.isEmpty()) {
            return Optional.of(List.of());
        }
        var known = secret.get();
        var attempt = head.header(GridSecret.HEADER)
                .flatMap(proof -> known.proven(proof, session, path))
                .filter(replayGuard::take);
        if (attempt.isEmpty()) {
            refused();
        }
        return attempt.map(proven -> List.of(new HttpHeader(GridSecret.HEADER, known.workerProof(proven))));
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
