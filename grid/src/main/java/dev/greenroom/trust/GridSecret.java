package dev.greenroom.trust;

import java.util.LinkedHashSet;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.WorkerEndpoint;
import dev.greenroom.session.WorkerId;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Optional;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// What the members of a grid know, and what can be proven with it. Never shown, never sent. Safe for use
/// by many threads.
///
/// No clock takes part: a proof is bound to one try to start one session at one incarnation of one worker,
/// and that worker takes it once.
public final class GridSecret {
    /// The field of the handshake that holds a proof, in both directions.
    public static final String HEADER = "X-Greenroom-Proof";

    private static final String ALGORITHM = "HmacSHA256";
    private static final int NONCE_BYTES = 16;
    private static final Pattern PROOF = Pattern.compile("([0-9a-f]{32})\\.([0-9a-f]{64})");

    private final SecretKeySpec key;

    /// @param secret 16 characters or more
    public GridSecret(String secret) {
        this.key = new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), ALGORITHM);
    }

    /// One try to start a session, which both sides name in their proofs.
    ///
    /// @param nonce different for every try
    /// @param path on which the worker takes sessions; different for every incarnation
    public record Try(String nonce, SessionId session, String path) {}

    /// A new try.
    ///
    /// @param random must not be predictable
    public static Try newTry(SessionId session, String path, RandomGenerator random) {
        var bytes = new byte[NONCE_BYTES];
        random.nextBytes(bytes);
        return new Try(HexFormat.of().formatHex(bytes), session, path);
    }

    /// What a proxy says to a worker.
    public String proxyProof(Try attempt) {
        return attempt.nonce() + "."
                + mac("proxy to worker", attempt.nonce(), attempt.session().toString(), attempt.path());
    }

    /// Reads what a proxy said.
    ///
    /// @return the try; empty for a proof that is none, or not of this session and path
    public Optional<Try> proven(String proof, SessionId session, String path) {
        var parts = PROOF.matcher(proof);
        return parts.matches()
                ? Optional.of(new Try(parts.group(1), session, path)).filter(said -> same(proxyProof(said), proof))
                : Optional.empty();
    }

    /// What the worker says back.
    public String workerProof(Try attempt) {
        return mac("worker to proxy", attempt.nonce(), attempt.session().toString(), attempt.path());
    }

    /// Whether this is what the worker had to say.
    public boolean isWorkerProof(Try attempt, String proof) {
        return same(workerProof(attempt), proof);
    }

    /// A worker's address as it is registered: signed in the last part of its path.
    public WorkerEndpoint signed(WorkerId worker, WorkerEndpoint endpoint) {
        return new WorkerEndpoint(
                endpoint.host(), endpoint.port(), endpoint.path() + "/" + signature(worker, endpoint));
    }

    /// The address that was signed; empty when it was not, or for another worker.
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

    /// Parts hold no line breaks, so no two lists of parts make one text.
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

    /// Tries that a worker has taken, so that it takes none twice. Keeps the last 100,000, far more than an
    /// incarnation serves; whoever brings back an older one must have read the grid's own network. Safe for use
    /// by many threads.
    public static final class ReplayGuard {
        static final int MAX = 100_000;

        private final LinkedHashSet<String> nonces = new LinkedHashSet<>();

        /// Takes a try.
        ///
        /// @return false when it was taken before
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
