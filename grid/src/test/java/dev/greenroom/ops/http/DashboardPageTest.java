package dev.greenroom.ops.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.net.http.HttpHeader;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DashboardPageTest {
    @Test
    void the_page_loads_nothing_but_itself() {
        var html = DashboardPage.answer().body();

        assertThat(html)
                .doesNotContainPattern("(?i)<(script|img|iframe|link|source|audio|video)[^>]+(src|href)=\"(?!data:)");
        assertThat(html).doesNotContainPattern("(?i)@import|url\\(");
    }

    @ParameterizedTest
    @ValueSource(strings = {"style", "script"})
    void the_policy_allows_exactly_the_one_part_of_its_kind(String kind) throws Exception {
        var parts = Pattern.compile("<" + kind + "[^>]*>(.*?)</" + kind + ">", Pattern.DOTALL)
                .matcher(DashboardPage.answer().body())
                .results()
                .toList();

        var policy = policy();

        assertThat(parts).hasSize(1);
        assertThat(policy)
                .contains(kind + "-src 'sha256-" + sha256(parts.getFirst().group(1)) + "';");
    }

    @Test
    void the_policy_allows_nothing_else() {
        var policy = policy();

        assertThat(policy)
                .startsWith("default-src 'none'; ")
                .contains("connect-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'")
                .doesNotContain("unsafe", "*", "http");
    }

    @Test
    void no_text_of_the_grid_becomes_markup() {
        var html = DashboardPage.answer().body();

        assertThat(html).doesNotContain("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(");
        assertThat(html).doesNotContainPattern("\\son[a-z]+=\"").doesNotContainPattern("\\sstyle=\"");
    }

    @Test
    void a_page_that_is_read_aloud_has_names_for_its_parts() {
        var html = DashboardPage.answer().body();

        assertThat(html)
                .contains("<html lang=\"en\">", "role=\"status\"", "role=\"alert\"", "role=\"tablist\"", "<noscript>");
        assertThat(html).contains("name=\"viewport\"", "prefers-color-scheme: dark", "prefers-reduced-motion");
    }

    private String policy() {
        return DashboardPage.answer().headers().stream()
                .filter(header -> header.name().equals("Content-Security-Policy"))
                .map(HttpHeader::value)
                .findFirst()
                .orElseThrow();
    }

    private static String sha256(String text) throws Exception {
        var digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
        return Base64.getEncoder().encodeToString(digest);
    }
}
