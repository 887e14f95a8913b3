package dev.greenroom.deploy;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/// What is shipped, by the bill of materials that the build writes beside the jar (`-Psbom`, as `./check
/// --all` does).
@DisplayName("S30")
class SupplyChainIT {
    @Test
    void the_bill_of_materials_lists_every_jar_that_is_shipped_and_no_other() throws IOException {
        var listed = Component.shipped().stream()
                .map(it -> it.coordinates().replaceAll(".*:", "") + "-" + it.version())
                .toList();

        try (var shipped = Files.list(Clone.path("grid/target/lib"))) {
            assertThat(shipped.filter(Files::isRegularFile)
                            .map(jar -> jar.getFileName().toString().replace(".jar", "")))
                    .hasSizeGreaterThan(20)
                    .allSatisfy(jar -> assertThat(listed).anyMatch(jar::startsWith));
        }
        assertThat(Clone.text("grid/target/bom.json")).contains("\"bomFormat\" : \"CycloneDX\"", "SHA-256");
    }

    /// Next to the jars, where the JVM finds it without looking into all of them.
    @Test
    void native_code_that_is_unpacked_is_that_of_the_jars() throws IOException {
        try (var unpacked = Files.list(Clone.path("grid/target/lib/native"))) {
            assertThat(unpacked)
                    .extracting(file -> file.getFileName().toString())
                    .contains(
                            "libnetty_transport_native_epoll_x86_64.so", "libnetty_transport_native_epoll_aarch_64.so");
        }
        var unpacked = Clone.path("grid/target/lib/native/libnetty_transport_native_epoll_x86_64.so");
        try (var shipped = Files.list(Clone.path("grid/target/lib"))) {
            var jar = shipped.filter(file -> file.toString().matches(".*native-epoll-.*linux-x86_64\\.jar"))
                    .findFirst()
                    .orElseThrow();
            try (var packed = new ZipFile(jar.toFile())) {
                var entry = packed.getEntry("META-INF/native/" + unpacked.getFileName());
                assertThat(packed.getInputStream(entry)).hasBinaryContent(Files.readAllBytes(unpacked));
            }
        }
    }

    @Test
    void nothing_that_is_shipped_is_known_to_be_vulnerable() {
        var known = KnownBad.list();

        assertThat(Component.shipped().stream().flatMap(it -> it.findings(known)))
                .isEmpty();
    }

    @Test
    void an_old_netty_that_is_planted_is_found() {
        var planted = Clone.text("grid/target/bom.json").replaceAll("\"4\\.2\\.\\d+\\.Final\"", "\"4.2.12.Final\"");

        assertThat(Component.of(planted).stream().flatMap(it -> it.findings(KnownBad.list())))
                .hasSizeGreaterThan(5)
                .allMatch(finding -> finding.startsWith("io.netty:netty-"));
        assertThat(new Component("io.netty:netty-codec-http", "4.1.100.Final").findings(KnownBad.list()))
                .hasSize(1);
        assertThat(new Component("io.netty:netty-handler", "4.2.13.Final").findings(KnownBad.list()))
                .isEmpty();
    }

    @Test
    void what_osv_answers_is_understood() throws Exception {
        var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            var asked = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            var answer = asked.contains("\"name\":\"a:bad\"")
                    ? "{\"results\":[{},{\"vulns\":[{\"id\":\"GHSA-1\"}]}]}"
                    : "{}";
            exchange.sendResponseHeaders(200, answer.length());
            exchange.getResponseBody().write(answer.getBytes(StandardCharsets.UTF_8));
            exchange.close();
        });
        server.start();
        try {
            var osv =
                    new Osv(URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/"));

            assertThat(osv.findings(List.of(new Component("a:good", "1"), new Component("a:bad", "2"))))
                    .containsExactly("Component[coordinates=a:bad, version=2] GHSA-1");
        } finally {
            server.stop(0);
        }
    }

    /// Only when it is asked for, with `./check --all --online`: a build must not depend on somebody else's
    /// server.
    @Test
    void osv_knows_nothing_against_what_is_shipped_when_it_is_asked() throws Exception {
        if (Boolean.getBoolean("greenroom.osv")) {
            assertThat(new Osv(Osv.PUBLIC).findings(Component.shipped())).isEmpty();
        }
        assertThat(Osv.PUBLIC.getScheme()).isEqualTo("https");
    }
}
