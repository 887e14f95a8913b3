package dev.greenroom.playwright;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.playwright.LaunchPolicy.ArgumentUse;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LaunchPolicyTest {
    private static final Pattern CODE = Pattern.compile("`([^`]+)`");

    @Test
    void the_guide_lists_what_reaches_a_browser_and_nothing_else() throws IOException {
        var paragraphs = Arrays.asList(
                Files.readString(Path.of("../docs/guide/launch-options.md")).split("\n\n"));
        var arguments = paragraphs.indexOf(paragraphs.stream()
                .filter(text -> text.startsWith("## Arguments of Chromium"))
                .findFirst()
                .orElseThrow());
        var preferences = paragraphs.indexOf("## Preferences of Firefox");

        assertThat(listed(paragraphs.get(arguments + 2)))
                .isEqualTo(with("--", LaunchPolicy.ARGUMENTS))
                .allMatch(argument -> LaunchPolicy.argument(argument) == ArgumentUse.PASSED);
        assertThat(listed(paragraphs.get(arguments + 4)))
                .isEqualTo(with("", LaunchPolicy.SET_BY_PLAYWRIGHT))
                .allMatch(argument -> LaunchPolicy.argument(argument) == ArgumentUse.ALREADY_SET);
        assertThat(listed(paragraphs.get(preferences + 2)))
                .isEqualTo(with("", LaunchPolicy.PREFERENCES))
                .allMatch(name -> LaunchPolicy.preference(name) == ArgumentUse.PASSED);
        assertThat(listed(paragraphs.get(preferences + 4)))
                .isEqualTo(new TreeSet<>(LaunchPolicy.PREFERENCE_FAMILIES))
                .allMatch(family -> LaunchPolicy.preference(family + "x") == ArgumentUse.PASSED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"MojoJS", "MojoJSTest,CSSAnchor", "CSSAnchor,mojojs", "DirectSockets"})
    void features_that_weaken_the_sandbox_do_not_reach_the_browser(String features) {
        assertThat(LaunchPolicy.argument("--enable-blink-features=" + features)).isEqualTo(ArgumentUse.IGNORED);
        assertThat(LaunchPolicy.argument("--enable-blink-features=CSSAnchor")).isEqualTo(ArgumentUse.PASSED);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "allowUniversalAccessFromFileURLs=true",
                "imagesEnabled=false,allowFileAccessFromFileURLs=true",
                "allowfileaccessfromfileurls=true",
                "webSecurityEnabled=false"
            })
    void settings_that_open_files_to_pages_do_not_reach_the_browser(String settings) {
        assertThat(LaunchPolicy.argument("--blink-settings=" + settings)).isEqualTo(ArgumentUse.IGNORED);
        assertThat(LaunchPolicy.argument("--blink-settings=imagesEnabled=false"))
                .isEqualTo(ArgumentUse.PASSED);
    }

    private static Set<String> with(String dashes, Set<String> names) {
        return names.stream().map(name -> dashes + name).collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> listed(String paragraph) {
        return CODE.matcher(paragraph)
                .results()
                .map(code -> code.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
    }
}
