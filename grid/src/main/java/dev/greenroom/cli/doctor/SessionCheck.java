package dev.greenroom.cli.doctor;

import dev.greenroom.cli.api.TokenAdvice;
import dev.greenroom.session.Browser;
import java.util.ArrayList;
import java.util.List;

/// A session of our own for each browser type that has an available worker.
final class SessionCheck {
    private static final String LOOK = "Look for the session in the logs of the proxy and of the workers of this type.";

    private SessionCheck() {}

    static List<Finding> sessions(Facts facts) throws InterruptedException {
        var findings = new ArrayList<Finding>();
        if (facts.settings().examination().noSession()) {
            return findings;
        }
        for (var browser : Browser.values()) {
            var served = facts.grid().found().orElseThrow().workers().stream()
                    .anyMatch(worker -> worker.isAvailable() && worker.browser().equals(browser.wireName()));
            if (served) {
                facts.trial()
                        .of(browser)
                        .ifPresent(why -> findings.add(Finding.error(
                                "A session with " + browser.wireName() + " failed at " + why,
                                TokenAdvice.ofSession(facts.settings().grid(), why)
                                        .orElse(LOOK))));
            }
        }
        return findings;
    }
}
