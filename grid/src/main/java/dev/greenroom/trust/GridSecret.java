package dev.greenroom.trust;

import dev.greenroom.session.SessionId;
import dev.greenroom.session.WorkerEndpoint;
import dev.greenroom.session.WorkerId;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// The shared secret of a grid, `WORKER_SECRET`, by which proxies and workers authenticate each other. It
/// is never sent or logged. Thread-safe.
///
/// Proofs do not depend on clocks: each is bound to one attempt to start one session at one run of one
/// worker, and that worker accepts it once.
public final class GridSecret {
    /// The handshake header with a proof, in both directions.
    public static final String HEADER = "X-Greenroom-Proof";

    /// The handshake header with the tenant of a session, from a proxy to a worker.
    public static final String TENANT_HEADER = "X-Greenroom-Tenant";

    /// The handshake header with a proxy's proof of [#TENANT_HEADER]. Separate from [#HEADER], so that
    /// proxies and workers of different releases understand each other.
    public static final String TENANT_PROOF_HEADER = "X-Greenroom-Tenant-Proof";

    private static final String ALGORITHM = "HmacSHA256";
    private static final int NONCE_BYTES = 16;
    private static final Pattern PROOF = Pattern.compile("([0-9a-f]{32})\\.([0-9a-f]{64})");

    private final SecretKeySpec key;

    /// @param secret 16 characters or more
    public GridSecret(String secret) {
        this.key = new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), ALGORITHM);
    }

    /// One attempt to start a session, to which both proofs are bound.
    ///
    /// @param nonce unique to the attempt
    /// @param path the path of the worker's endpoint; unique to a worker run
    public record Try(String nonce, SessionId session, String path) {}

    /// Creates an attempt.
    ///
    /// @param random must be unpredictable
    public static Try newTry(SessionId session, String path, RandomGenerator random) {
        var bytes = new byte[NONCE_BYTES];
        random.nextBytes(bytes);
        return new Try(HexFormat.of().formatHex(bytes), session, path);
    }

    /// The proof of a proxy to a worker.
    public String proxyProof(Try attempt) {
        return attempt.nonce() + "."
                + mac("proxy to worker", attempt.nonce(), attempt.session().toString(), attempt.path());
    }

    /// Verifies the proof of a proxy.
    ///
    /// @return the attempt; empty when the proof is invalid, or belongs to another session or path
    public Optional<Try> proven(String proof, SessionId session, String path) {
        var parts = PROOF.matcher(proof);
        return parts.matches()
                ? Optional.of(new Try(parts.group(1), session, path)).filter(said -> same(proxyProof(said), proof))
                : Optional.empty();
    }

    /// The proof of a worker to a proxy.
    public String workerProof(Try attempt) {
        return mac("worker to proxy", attempt.nonce(), attempt.session().toString(), attempt.path());
    }

    /// Whether a worker's proof is valid.
    public boolean isWorkerProof(Try attempt, String proof) {
        return same(workerProof(attempt), proof);
    }

    /// The proof of a proxy to a worker that a session is a tenant's.
    ///
    /// @param tenant as in [#TENANT_HEADER]
    public String tenantProof(Try attempt, String tenant) {
        return mac("tenant", attempt.nonce(), attempt.session().toString(), attempt.path(), tenant);
    }

    /// Whether a proxy's proof of a tenant is valid.
    public boolean isTenantProof(Try attempt, String tenant, String proof) {
        return same(tenantProof(attempt, tenant), proof);
    }

    /// A tenant's name as [#TENANT_HEADER] has it. Workers compare names in this form.
    public static String encodedTenant(String name) {
        return URLEncoder.encode(name, StandardCharsets.UTF_8);
    }

    /// Signs the address that a worker registers. The signature is the last part of its path.
    public WorkerEndpoint signed(WorkerId worker, WorkerEndpoint endpoint) {
        return new WorkerEndpoint(
                endpoint.host(), endpoint.port(), endpoint.path() + "/" + signature(worker, endpoint));
    }

    /// Verifies a registered address. Returns it without its signature; empty when it is not signed, or
    /// for another worker.
    public Optional<WorkerEndpoint> verified(WorkerId worker, WorkerEndpoint registered) {
        var slash = registered.path().lastIndexOf('/');
        if (slash <= 0) {
            return Optional.empty();
        }
        var endpoint = new WorkerEndpoint(
                registered.host(), registered.port(), registered.path().substring(0, slash));
        return same(signature(worker, endpoint), registered.path().substring(slash + 1))
                ? Optional.of(endpoint)
                : Optional.empty();
    }

    private String signature(WorkerId worker, WorkerEndpoint endpoint) {
        return mac("worker's address", worker.toString(), endpoint.url());
    }

    /// The parts contain no line breaks, so two different lists of parts never give the same text.
    private String mac(String... parts) {
        try {
            var mac = Mac.getInstance(ALGORITHM);
            mac.init(key);
            return HexFormat.of().formatHex(mac.doFinal(String.join("\n", parts).getBytes(StandardCharsets.UTF_8)));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java knows " + ALGORITHM, e);
        }
    }

    private static boolean same(String left, String right) {
        return MessageDigest.isEqual(left.getBytes(StandardCharsets.UTF_8), right.getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public String toString() {
        return "******";
    }

    /// Remembers the attempts that a worker has accepted, so that it accepts none twice. Keeps the last
    /// 100,000, far more than a worker run serves. Thread-safe.
    public static final class ReplayGuard {
        static final int MAX = 100_000;

        private final LinkedHashSet<String> nonces = new LinkedHashSet<>();

        /// Accepts an attempt.
        ///
        /// @return false when it was accepted before
        public synchronized boolean take(GridSecret.Try attempt) {
            if (!nonces.add(attempt.nonce())) {
                return false;
            }
            if (nonces.size() > MAX) {
                nonces.removeFirst();
            }
            return true;
        }
    }
}
