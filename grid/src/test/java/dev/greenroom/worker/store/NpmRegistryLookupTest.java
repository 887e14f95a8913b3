package dev.greenroom.worker.store;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.testkit.Canary;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NpmRegistryLookupTest {
    private static final List<String> NO_NPM = List.of("no-such-program");
    private static final List<String> NPM = List.of("echo", "https://npm.test/said");

    @TempDir
    private Path home;

    @Test
    void the_environment_wins_over_npmrc_and_npm() throws Exception {
        npmrc("registry=https://npmrc.test/");

        assertThat(find(Map.of("NPM_CONFIG_REGISTRY", "https://environment.test/npm"), NPM))
                .contains("https://environment.test/npm/");
        assertThat(find(Map.of("npm_config_registry", "https://lower.test/"), NPM))
                .contains("https://lower.test/");
    }

    @Test
    void npmrc_wins_over_npm() throws Exception {
        npmrc("""
                ; a comment
                # registry=https://comment.test/
                fund=false
                registry = "https://npmrc.test/npm/"
                """);

        assertThat(find(Map.of(), NPM)).contains("https://npmrc.test/npm/");
    }

    @Test
    void npm_itself_is_asked_last() throws Exception {
        assertThat(find(Map.of(), NPM)).contains("https://npm.test/said/");
    }

    @Test
    void without_any_of_them_there_is_none() throws Exception {
        assertThat(find(Map.of(), NO_NPM)).isEmpty();
        assertThat(find(Map.of("NPM_CONFIG_REGISTRY", "not a url"), NO_NPM)).isEmpty();
        assertThat(find(Map.of("NPM_CONFIG_REGISTRY", "file:///etc/"), NO_NPM)).isEmpty();
    }

    @Test
    void a_token_goes_to_its_own_place_only_and_is_not_shown() throws Exception {
        npmrc("""
                registry=https://npmrc.test/private/
                //npmrc.test/private/:_authToken=%s
                """.formatted(Canary.secret("npm")));
        var address = lookup(Map.of(), NO_NPM).find().orElseThrow();

        assertThat(address.token(URI.create("https://npmrc.test/private/playwright-core")))
                .isPresent();
        assertThat(address.token(URI.create("https://npmrc.test/public/playwright-core")))
                .isEmpty();
        assertThat(address.token(URI.create("https://elsewhere.test/private/playwright-core")))
                .isEmpty();
        assertThat(address.mayCarryToken(URI.create("http://npmrc.test/private/playwright-core")))
                .isFalse();
        assertThat(address).asString().doesNotContain(Canary.mark());
    }

    private Optional<String> find(Map<String, String> environment, List<String> npm) throws InterruptedException {
        return lookup(environment, npm).find().map(address -> address.base().toString());
    }

    private NpmRegistryLookup lookup(Map<String, String> environment, List<String> npm) {
        var all = new HashMap<>(environment);
        all.put("HOME", home.toString());
        return new NpmRegistryLookup(all, npm);
    }

    private void npmrc(String content) throws IOException {
        Files.writeString(home.resolve(".npmrc"), content);
    }
}
