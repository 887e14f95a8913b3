package dev.greenroom.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.greenroom.config.RedisSettings.GridSecretSettings;
import dev.greenroom.config.Secret;
import dev.greenroom.config.WorkerSections;
import dev.greenroom.net.server.Transport;
import dev.greenroom.registry.memory.MemoryRegistry;
import dev.greenroom.session.SessionId;
import dev.greenroom.session.SessionId.SessionIdGenerator;
import dev.greenroom.testkit.Canary;
import dev.greenroom.testkit.RawClient;
import dev.greenroom.trust.GridSecret;
import io.netty.channel.EventLoopGroup;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What a worker with a secret asks of whoever wants a session: the network of browsers is not to be
/// trusted.
@Timeout(60)
final class GatewayTrustIT {
    private static final String TEXT = Canary.secret("grid");
    private static final GridSecret SECRET = new GridSecret(TEXT);

    private final Transport transport = Transport.best();
    private final SecureRandom random = new SecureRandom();
    private final SessionIdGenerator ids = new SessionIdGenerator(InstantSource.system(), random);
    private final MemoryRegistry registry =
            new MemoryRegistry(Timing.limits(5, 100), InstantSource.system(), System::nanoTime);
    private EventLoopGroup loops;
    private EchoWorker worker;

    @BeforeEach
    void begin() throws Exception {
        loops = transport.newLoops("test", 1);
        worker =
                EchoWorker.start(withSecret(Timing.worker(5, 100)), registry, transport, loops, InstantSource.system());
    }

    @AfterEach
    void end() throws Exception {
        worker.close();
        registry.close();
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    @Test
    void S6_a_worker_serves_who_proves_to_be_a_proxy_and_proves_itself() throws Exception {
        var attempt = GridSecret.newTry(ids.next(), worker.path(), random);

        try (var proxy = RawClient.connect(worker.port())) {
            var answer = proxy.send(upgrade(attempt.session(), SECRET.proxyProof(attempt)))
                    .readHead();
            var last = answer.startsWith("HTTP/1.1 102 ") ? proxy.readHead() : answer;

            assertThat(last)
                    .startsWith("HTTP/1.1 101 ")
                    .contains(GridSecret.HEADER + ": " + SECRET.workerProof(attempt) + "\r\n");
        }
    }

    @Test
    void S6_who_only_knows_the_path_is_refused() throws Exception {
        var attempt = GridSecret.newTry(ids.next(), worker.path(), random);
        var foreign = new GridSecret(Canary.secret("another")).proxyProof(attempt);

        assertThat(refusal(attempt.session(), "")).startsWith("HTTP/1.1 401 ");
        assertThat(refusal(attempt.session(), foreign)).startsWith("HTTP/1.1 401 ");
        assertThat(refusal(ids.next(), SECRET.proxyProof(attempt)))
                .as("of another session")
                .startsWith("HTTP/1.1 401 ");
    }

    @Test
    void S6_a_proof_that_was_overheard_is_refused() throws Exception {
        var attempt = GridSecret.newTry(ids.next(), worker.path(), random);
        var proof = SECRET.proxyProof(attempt);
        try (var proxy = RawClient.connect(worker.port())) {
            assertThat(proxy.send(upgrade(attempt.session(), proof)).readHead()).startsWith("HTTP/1.1 10");
        }

        assertThat(refusal(attempt.session(), proof)).startsWith("HTTP/1.1 401 ");
    }

    @Test
    void S6_a_page_is_refused_whatever_it_knows() throws Exception {
        var attempt = GridSecret.newTry(ids.next(), worker.path(), random);
        var head = upgrade(attempt.session(), SECRET.proxyProof(attempt))
                .replace("Host: grid:8080\r\n", "Host: grid:8080\r\nOrigin: http://" + "evil.example\r\n");

        try (var page = RawClient.connect(worker.port())) {
            assertThat(page.send(head).readAll()).startsWith("HTTP/1.1 403 ");
        }
        try (var page = RawClient.connect(worker.port())) {
            assertThat(page.send("GET /json HTTP/1.1\r\nHost: worker:3131\r\n\r\n")
                            .readAll())
                    .startsWith("HTTP/1.1 404 ")
                    .doesNotContain(worker.path());
        }
    }

    @Test
    void S11_a_session_whose_tenant_is_not_proven_shares_its_driver_with_no_other() throws Exception {
        try (var _ = session("ci", true);
                var _ = session("ci", false)) {
            assertThat(worker.drivers()).isEqualTo(2);
            try (var _ = session("", false)) {
                assertThat(worker.drivers()).isEqualTo(3);
            }
            await().until(() -> worker.drivers() == 2);
        }
    }

    /// A session that the worker has answered with 101.
    private RawClient session(String tenant, boolean proven) throws Exception {
        var attempt = GridSecret.newTry(ids.next(), worker.path(), random);
        var proof = SECRET.tenantProof(proven ? attempt : GridSecret.newTry(ids.next(), worker.path(), random), tenant);
        var headers = tenant.isEmpty()
                ? ""
                : "%s: %s\r\n%s: %s\r\n"
                        .formatted(GridSecret.TENANT_HEADER, tenant, GridSecret.TENANT_PROOF_HEADER, proof);
        var client = RawClient.connect(worker.port());
        var head =
                upgrade(attempt.session(), SECRET.proxyProof(attempt)).replace("\r\n\r\n", "\r\n" + headers + "\r\n");
        var answer = client.send(head).readHead();
        assertThat(answer.startsWith("HTTP/1.1 102 ") ? client.readHead() : answer)
                .startsWith("HTTP/1.1 101 ");
        return client;
    }

    @Test
    void S17_the_record_of_a_worker_is_signed() {
        var registered = registry.workers().getFirst();

        assertThat(SECRET.verified(registered.worker(), registered.endpoint()))
                .hasValueSatisfying(endpoint -> assertThat(endpoint.path()).isEqualTo(worker.path()));
    }

    private String refusal(SessionId session, String proof) throws Exception {
        try (var somebody = RawClient.connect(worker.port())) {
            return somebody.send(upgrade(session, proof)).readAll();
        }
    }

    private String upgrade(SessionId session, String proof) {
        var line = proof.isEmpty() ? "" : GridSecret.HEADER + ": " + proof + "\r\n";
        return RawClient.upgrade(worker.path(), "X-Request-Id: " + session + "\r\n" + line);
    }

    private static WorkerSections withSecret(WorkerSections open) {
        return new WorkerSections(
                open.presence(),
                new GridSecretSettings(Optional.of(new Secret(TEXT))),
                open.capacity(),
                open.browser(),
                open.pool(),
                open.memory(),
                open.driver(),
                open.sandbox(),
                open.budgets(),
                open.relay(),
                open.drain());
    }
}
