package dev.greenroom.trust;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.session.BrowserType;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.WorkerEndpoint;
import dev.greenroom.session.WorkerId;
import dev.greenroom.testkit.Canary;
import dev.greenroom.trust.GridSecret.ReplayGuard;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

final class GridSecretTest {
    private static final GridSecret SECRET = new GridSecret(Canary.secret("grid"));
    private static final GridSecret ANOTHER = new GridSecret(Canary.secret("another"));
    private static final SessionId SESSION = new SessionId(new UUID(1, 2));
    private static final WorkerId WORKER = new WorkerId(BrowserType.CHROMIUM, "w1");
    private static final WorkerEndpoint ENDPOINT = new WorkerEndpoint("10.0.0.7", 3131, "/playwright/chromium/abc");

    private final GridSecret.Try attempt = GridSecret.newTry(SESSION, "/path", new Random(7));

    @Test
    void a_proof_holds_for_its_session_and_path_alone() {
        var proof = SECRET.proxyProof(attempt);

        assertThat(SECRET.proven(proof, SESSION, "/path")).contains(attempt);
        assertThat(SECRET.proven(proof, new SessionId(new UUID(1, 3)), "/path")).isEmpty();
        assertThat(SECRET.proven(proof, SESSION, "/path2")).isEmpty();
        assertThat(ANOTHER.proven(proof, SESSION, "/path")).isEmpty();
        assertThat(SECRET.proven("", SESSION, "/path")).isEmpty();
        assertThat(SECRET.proven("0".repeat(32) + "." + "0".repeat(64), SESSION, "/path"))
                .isEmpty();
    }

    @Test
    void a_worker_cannot_answer_with_what_it_was_sent() {
        var proof = SECRET.proxyProof(attempt);

        assertThat(SECRET.isWorkerProof(attempt, SECRET.workerProof(attempt))).isTrue();
        assertThat(SECRET.isWorkerProof(attempt, proof)).isFalse();
        assertThat(SECRET.isWorkerProof(attempt, proof.substring(33))).isFalse();
        assertThat(SECRET.isWorkerProof(attempt, ANOTHER.workerProof(attempt))).isFalse();
    }

    @Test
    void a_tenant_is_proven_for_one_try_alone() {
        var proof = SECRET.tenantProof(attempt, "ci");

        assertThat(SECRET.isTenantProof(attempt, "ci", proof)).isTrue();
        assertThat(SECRET.isTenantProof(attempt, "ops", proof)).isFalse();
        assertThat(SECRET.isTenantProof(GridSecret.newTry(SESSION, "/path", new Random(8)), "ci", proof))
                .isFalse();
        assertThat(ANOTHER.isTenantProof(attempt, "ci", proof)).isFalse();
        assertThat(GridSecret.encodedTenant("a b\nß:1")).isEqualTo("a+b%0A%C3%9F%3A1");
    }

    @Test
    void a_try_is_taken_once() {
        var used = new ReplayGuard();

        assertThat(used.take(attempt)).isTrue();
        assertThat(used.take(attempt)).isFalse();
        assertThat(used.take(GridSecret.newTry(SESSION, "/path", new Random(8))))
                .isTrue();
    }

    @Test
    void s17_an_address_is_signed_for_one_worker() {
        var registered = SECRET.signed(WORKER, ENDPOINT);

        assertThat(SECRET.verified(WORKER, registered)).contains(ENDPOINT);
        assertThat(SECRET.verified(new WorkerId(BrowserType.CHROMIUM, "w2"), registered))
                .isEmpty();
        assertThat(SECRET.verified(WORKER, new WorkerEndpoint("10.6.6.6", 3131, registered.path())))
                .isEmpty();
        assertThat(SECRET.verified(WORKER, new WorkerEndpoint("10.0.0.7", 3132, registered.path())))
                .isEmpty();
        assertThat(SECRET.verified(WORKER, ENDPOINT)).isEmpty();
        assertThat(SECRET.verified(WORKER, new WorkerEndpoint("10.0.0.7", 3131, "/")))
                .isEmpty();
        assertThat(ANOTHER.verified(WORKER, registered)).isEmpty();
        assertThat(WorkerEndpoint.of(registered.url())).contains(registered);
    }

    @Test
    void a_secret_does_not_show() {
        assertThat(SECRET).hasToString("******");
    }
}
