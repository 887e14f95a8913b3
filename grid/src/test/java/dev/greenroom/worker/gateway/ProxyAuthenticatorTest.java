package dev.greenroom.worker.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.config.RedisSettings.GridSecretSettings;
import dev.greenroom.config.Secret;
import dev.greenroom.net.http.HttpHeader;
import dev.greenroom.net.http.RequestHead;
import dev.greenroom.session.SessionId;
import dev.greenroom.testkit.Canary;
import dev.greenroom.trust.GridSecret;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.Test;

final class ProxyAuthenticatorTest {
    private static final String TEXT = Canary.secret("grid");
    private static final GridSecret SECRET = new GridSecret(TEXT);
    private static final SessionId SESSION = new SessionId(new UUID(1, 2));
    private static final String PATH = "/playwright/chromium/abc";
    private static final HttpHeader TENANT = new HttpHeader(GridSecret.TENANT_HEADER, "ci");

    private final ProxyAuthenticator strict =
            new ProxyAuthenticator(new GridSecretSettings(Optional.of(new Secret(TEXT))), PATH);
    private final ProxyAuthenticator open = new ProxyAuthenticator(GridSecretSettings.none(), PATH);
    private final Random random = new Random(7);

    @Test
    void a_tenant_counts_where_the_proxy_has_proven_it() {
        var attempt = GridSecret.newTry(SESSION, PATH, random);
        var proof = new HttpHeader(GridSecret.TENANT_PROOF_HEADER, SECRET.tenantProof(attempt, "ci"));

        assertThat(tenant(strict, attempt, TENANT, proof)).contains("ci");
        assertThat(tenant(open, attempt, TENANT)).contains("ci");
    }

    @Test
    void a_session_without_a_proven_tenant_has_none_and_is_served_all_the_same() {
        var other = SECRET.tenantProof(GridSecret.newTry(SESSION, PATH, random), "ci");
        var forAnother = new HttpHeader(GridSecret.TENANT_PROOF_HEADER, other);

        assertThat(tenant(strict, GridSecret.newTry(SESSION, PATH, random)))
                .as("as proxies of earlier releases send it")
                .isEmpty();
        assertThat(tenant(strict, GridSecret.newTry(SESSION, PATH, random), TENANT))
                .isEmpty();
        assertThat(tenant(strict, GridSecret.newTry(SESSION, PATH, random), TENANT, forAnother))
                .isEmpty();
        assertThat(tenant(open, GridSecret.newTry(SESSION, PATH, random))).isEmpty();
    }

    private static Optional<String> tenant(ProxyAuthenticator by, GridSecret.Try attempt, HttpHeader... headers) {
        var all = new ArrayList<>(List.of(headers));
        all.add(new HttpHeader(GridSecret.HEADER, SECRET.proxyProof(attempt)));
        return by.authenticate(new RequestHead("GET", PATH, all), SESSION)
                .orElseThrow()
                .tenant();
    }
}
