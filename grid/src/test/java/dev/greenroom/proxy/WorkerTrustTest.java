package dev.greenroom.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.config.ProxySections.AccessSettings;
import dev.greenroom.config.RedisSettings.GridSecretSettings;
import dev.greenroom.config.Secret;
import dev.greenroom.session.Refusal.ExclusionReason;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.WorkerEndpoint;
import dev.greenroom.session.WorkerId;
import dev.greenroom.testkit.Canary;
import dev.greenroom.testkit.FakeWorker;
import dev.greenroom.testkit.LoggedLines;
import dev.greenroom.trust.GridSecret;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What a proxy asks of a worker before it hands a client over.
@Timeout(60)
final class WorkerTrustTest {
    private static final String TEXT = Canary.secret("grid");
    private static final GridSecret SECRET = new GridSecret(TEXT);
    private static final BiFunction<WorkerId, WorkerEndpoint, WorkerEndpoint> SIGNED = SECRET::signed;
    private static final Pattern ID = Pattern.compile("(?im)^x-request-id: *(\\S+)");
    private static final Pattern PROOF = Pattern.compile("(?im)^" + GridSecret.HEADER + ": *(\\S+)");

    @Test
    void S17_a_worker_that_proves_itself_gets_the_session_and_the_proxy_proves_itself_first() throws Exception {
        try (var proxy = withSecret()) {
            var worker = proxy.worker("good", proving(SECRET), SIGNED);

            var answer = proxy.upgrade("/", "").readHead();

            assertThat(answer).startsWith("HTTP/1.1 101 ").doesNotContainIgnoringCase(GridSecret.HEADER);
            var head = worker.nextHead();
            assertThat(head)
                    .startsWith("GET /playwright/chromium/good HTTP/1.1\r\n")
                    .doesNotContain(TEXT);
            var attempt = attempt(head).orElseThrow();
            assertThat(head)
                    .contains("\r\n" + GridSecret.TENANT_HEADER + ": -\r\n")
                    .contains(
                            "\r\n" + GridSecret.TENANT_PROOF_HEADER + ": " + SECRET.tenantProof(attempt, "-") + "\r\n");
        }
    }

    @Test
    void S17_a_record_that_was_forged_is_not_dialled_and_becomes_suspect() throws Exception {
        try (var log = LoggedLines.of("dev.greenroom.proxy.SessionRunner");
                var proxy = withSecret()) {
            var forged = proxy.worker("forged", FakeWorker.echo(), (_, endpoint) -> endpoint);
            var copied = proxy.worker("copied", FakeWorker.echo(), (worker, endpoint) -> {
                var other = SECRET.signed(worker, new WorkerEndpoint("127.0.0.1", 9, endpoint.path()));
                return new WorkerEndpoint(endpoint.host(), endpoint.port(), other.path());
            });
            proxy.worker("good", proving(SECRET), SIGNED);

            for (var n = 0; n < 2; n++) {
                assertThat(proxy.upgrade("/", "").readHead()).startsWith("HTTP/1.1 101 ");
            }
            assertThat(proxy.upgrade("/", "").readHead()).startsWith("HTTP/1.1 503 ");

            assertThat(forged.headsWaiting() + copied.headsWaiting()).isZero();
            assertThat(proxy.isSuspect("forged")).isTrue();
            assertThat(proxy.isSuspect("good")).isFalse();
            assertThat(proxy.distrusted()).isNotEmpty().containsOnly(ExclusionReason.SIGNATURE);
            assertThat(log.withCode("WORKER_DISTRUSTED"))
                    .hasSameSizeAs(proxy.distrusted())
                    .allMatch(line -> line.contains("is not signed with WORKER_SECRET") && !line.contains(TEXT));
        }
    }

    @Test
    void S17_a_worker_that_cannot_prove_itself_gets_no_session() throws Exception {
        try (var proxy = withSecret()) {
            proxy.worker("silent", FakeWorker.echo(), SIGNED);
            proxy.worker("wrong", proving(new GridSecret(Canary.secret("another"))), SIGNED);

            assertThat(proxy.upgrade("/", "").readAll())
                    .startsWith("HTTP/1.1 503 ")
                    .contains("{\"error\":\"no available servers\",\"reason\":\"no worker could be reached\",");
            assertThat(proxy.sessions()).isZero();
            assertThat(proxy.distrusted()).containsExactly(ExclusionReason.PROOF, ExclusionReason.PROOF);
        }
    }

    @Test
    void S17_an_address_outside_of_the_workers_network_is_not_dialled() throws Exception {
        try (var proxy =
                ClosedProxy.with(AccessSettings.open(), GridSecretSettings.none(), List.of("10.0.0.0/8", "fd00::/8"))) {
            var worker = proxy.worker(FakeWorker.echo());

            assertThat(proxy.upgrade("/", "").readAll()).startsWith("HTTP/1.1 503 ");
            assertThat(worker.headsWaiting()).isZero();
            assertThat(proxy.distrusted()).containsExactly(ExclusionReason.ADDRESS);
        }
    }

    private static ClosedProxy withSecret() throws Exception {
        return ClosedProxy.with(
                AccessSettings.open(), new GridSecretSettings(Optional.of(new Secret(TEXT))), List.of());
    }

    private static FakeWorker.Script proving(GridSecret secret) {
        return peer -> {
            var attempt = attempt(peer.head()).orElseThrow();
            peer.accept("X-Other: 1\r\n" + GridSecret.HEADER + ": " + secret.workerProof(attempt) + "\r\n");
            peer.readToEnd();
        };
    }

    /// What the proxy has proven.
    private static Optional<GridSecret.Try> attempt(String head) {
        var id = ID.matcher(head);
        var proof = PROOF.matcher(head);
        return id.find() && proof.find()
                ? SECRET.proven(proof.group(1), SessionId.of(id.group(1)).orElseThrow(), head.split(" ", 3)[1])
                : Optional.empty();
    }
}
