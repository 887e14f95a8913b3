package dev.greenroom.proxy.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.config.ProxySections.AccessSettings;
import dev.greenroom.net.http.HttpHeader;
import dev.greenroom.net.http.RequestHead;
import dev.greenroom.proxy.access.HostPolicy.RequestPurpose;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@DisplayName("S13: a web page cannot use the grid")
final class HostPolicyTest {
    private static final HostPolicy POLICY = new HostPolicy(
            new AccessSettings(
                    Optional.empty(),
                    List.of("https://ci.example,http://localhost:3000,https://ci.münchen.example:8443"),
                    List.of("grid.example", "*.grid.example", "Grid.MÜNCHEN.example", "*.пример.example")),
            "Box.Public.Example");

    @ParameterizedTest
    @ValueSource(
            strings = {
                "localhost",
                "localhost:8080",
                "LOCALHOST",
                "app.localhost",
                "127.0.0.1:8080",
                "10.0.0.7",
                "[::1]:8080",
                "[2001:db8::1]",
                "grid",
                "grid:8080",
                "proxy.default.svc.cluster.local",
                "grid.internal:80",
                "greenroom-proxy.greenroom.svc:8080",
                "box.public.example",
                "grid.example",
                "GRID.example.:8080",
                "eu.grid.example",
                "grid.xn--mnchen-3ya.example:8080",
                "eu.xn--e1afmkfd.example"
            })
    void a_host_name_that_no_stranger_can_own_or_that_is_configured_is_allowed(String host) {
        assertThat(POLICY.isAllowedHost(head(host, List.of()))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "evil.example",
                "evil.example:8080",
                "grid.example.evil.example",
                "evilgrid.example",
                "localhost.evil.example",
                "proxy.svc.evil.example",
                "proxy.evilsvc",
                "svc.example",
                "127.0.0.1.evil.example",
                "1.2.3",
                "user@localhost",
                "localhost@evil.example",
                "localhost:8080:8080",
                "local host",
                "localhost/",
                ".grid.example",
                "",
                "[evil.example]",
                "[::1",
                "evil.example."
            })
    void every_other_host_name_is_refused(String host) {
        assertThat(POLICY.isAllowedHost(head(host, List.of()))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://ci.example",
                "HTTPS://CI.example",
                "https://ci.example:443",
                "http://localhost:3000",
                "https://ci.xn--mnchen-3ya.example:8443"
            })
    void a_configured_origin_is_allowed(String origin) {
        assertThat(POLICY.isAllowedOrigin(head("grid:8080", List.of(origin)), RequestPurpose.SESSION))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://evil.example",
                "null",
                "",
                "http://ci.example",
                "https://ci.example:8443",
                "https://ci.example.evil.example",
                "https://user@ci.example",
                "https://ci.example@evil.example",
                "https://ci.example/",
                "http://localhost",
                "https://ci.example, https://ci.example",
                "file://",
                "http://grid:8080"
            })
    void every_other_origin_is_refused(String origin) {
        assertThat(POLICY.isAllowedOrigin(head("grid:8080", List.of(origin)), RequestPurpose.SESSION))
                .isFalse();
    }

    @Test
    void two_origin_headers_are_refused_even_if_both_are_configured() {
        var twice = List.of("https://ci.example", "https://ci.example");

        assertThat(POLICY.isAllowedOrigin(head("grid:8080", twice), RequestPurpose.READ))
                .isFalse();
    }

    @Test
    void the_grids_own_pages_may_read_but_not_connect() {
        var own = head("grid:8080", List.of("http://grid:8080"));

        assertThat(POLICY.isAllowedOrigin(own, RequestPurpose.READ)).isTrue();
        assertThat(POLICY.isAllowedOrigin(own, RequestPurpose.SESSION)).isFalse();
        assertThat(POLICY.isAllowedOrigin(head("grid:8080", List.of("http://grid:9090")), RequestPurpose.READ))
                .isFalse();
        assertThat(POLICY.isAllowedOrigin(
                        head("grid.example", List.of("https://grid.example:443")), RequestPurpose.READ))
                .isTrue();
    }

    @Test
    void configured_origins_and_the_grids_own_pages_may_make_changes_and_others_may_not() {
        var own = head("grid:8080", List.of("http://grid:8080"));
        var named = head("grid:8080", List.of("https://ci.example"));
        var otherPort = head("grid:8080", List.of("http://grid:9090"));

        assertThat(POLICY.isAllowedOrigin(own, RequestPurpose.CHANGE)).isTrue();
        assertThat(POLICY.isAllowedOrigin(otherPort, RequestPurpose.CHANGE)).isFalse();
        assertThat(POLICY.isAllowedOrigin(named, RequestPurpose.CHANGE)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"Sec-Fetch-Site", "Referer"})
    void a_browser_without_an_origin_may_read_but_make_no_changes(String field) {
        var page = new RequestHead(
                "POST", "/", List.of(new HttpHeader("Host", "grid"), new HttpHeader(field, "same-origin")));

        assertThat(POLICY.isAllowedOrigin(page, RequestPurpose.CHANGE)).isFalse();
        assertThat(POLICY.isAllowedOrigin(page, RequestPurpose.READ)).isTrue();
    }

    @Test
    void a_client_that_is_no_web_page_is_allowed() {
        assertThat(POLICY.isAllowedOrigin(head("grid:8080", List.of()), RequestPurpose.SESSION))
                .isTrue();
    }

    private static RequestHead head(String host, List<String> origins) {
        List<HttpHeader> headers = new ArrayList<>();
        headers.add(new HttpHeader("Host", host));
        origins.forEach(origin -> headers.add(new HttpHeader("Origin", origin)));
        return new RequestHead("GET", "/", headers);
    }
}
