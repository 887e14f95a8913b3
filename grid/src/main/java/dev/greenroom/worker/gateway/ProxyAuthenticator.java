package dev.greenroom.worker.gateway;

import dev.greenroom.config.settings.RedisSettings.GridSecretSettings;
import dev.greenroom.net.http.HttpHeader;
import dev.greenroom.net.http.RequestHead;
import dev.greenroom.session.SessionId;
import dev.greenroom.trust.GridSecret;
import dev.greenroom.trust.GridSecret.ReplayGuard;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Whether who asks for a session is a proxy of this grid. Safe for use by many threads.
final class ProxyAuthenticator {
    private static final Logger LOG = LoggerFactory.getLogger(ProxyAuthenticator.class);
    private static final long QUIET_NANOS = 10_000_000_000L;

    private final Optional<GridSecret> secret;
    private final ReplayGuard used = new ReplayGuard();
    private final String path;
    private final LongSupplier nanoTime;
    private final AtomicLong unproven = new AtomicLong();
    private final AtomicLong quietUntil;

    ProxyAuthenticator(GridSecretSettings settings, String path, LongSupplier nanoTime) {
        this.secret = settings.secret().map(text -> new GridSecret(text.value()));
        this.path = path;
        this.nanoTime = nanoTime;
        this.quietUntil = new AtomicLong(nanoTime.getAsLong());
    }

    /// What this worker says in return, as fields of its 101: nothing, where there is no secret.
    ///
    /// @return empty for somebody who has not proven to be a proxy
    Optional<List<HttpHeader>> answer(RequestHead head, SessionId session) {
        if (secret.isEmpty()) {
            return Optional.of(List.of());
        }
        var known = secret.get();
        var attempt = head.header(GridSecret.HEADER)
                .flatMap(proof -> known.proven(proof, session, path))
                .filter(used::take);
        if (attempt.isEmpty()) {
            refused();
        }
        return attempt.map(proven -> List.of(new HttpHeader(GridSecret.HEADER, known.workerProof(proven))));
    }

    /// Who can reach this port can cause this line, so it is written once in a while and counts.
    private void refused() {
        var total = unproven.incrementAndGet();
        var now = nanoTime.getAsLong();
        var until = quietUntil.get();
        if (now - until >= 0 && quietUntil.compareAndSet(until, now + QUIET_NANOS)) {
            LOG.atWarn()
                    .addKeyValue("code", "PROXY_UNPROVEN")
                    .addKeyValue("total", total)
                    .log("Session requests without a valid proof of WORKER_SECRET refused");
        }
    }
}
