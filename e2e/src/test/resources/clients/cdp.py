# What people do with the Python clients of the Chrome DevTools Protocol. Each one does it with its own means.
import asyncio
import base64
import inspect
import json
import os
import sys
from urllib.parse import urlsplit

given = json.loads(sys.argv[1])
address, site, headers = given['connectString'], given['site'], given['headers']
second = site + 'greeting?Ada'
SAID = "document.querySelector('#said').textContent"
HEADING = "document.querySelector('h1').textContent"


async def playwright():
    from playwright.async_api import async_playwright

    async with async_playwright() as api:
        browser = await api.chromium.connect_over_cdp(address, headers=headers, timeout=20000)
        found = [page.url for page in browser.contexts[0].pages]
        page = await browser.new_page()
        await page.goto(site)
        await page.click('#press')
        seen = [await page.title(), await page.evaluate(SAID), len(await page.screenshot())]
        other = await browser.new_page()
        await other.goto(second)
        greeting = await other.evaluate(HEADING)
        await browser.close()
        return found, *seen, greeting


async def pyppeteer():
    import pyppeteer as api

    endpoint = 'browserURL' if address.startswith('http') else 'browserWSEndpoint'
    browser = await api.connect({endpoint: address})
    found = [page.url for page in await browser.pages()]
    page = await browser.newPage()
    await page.goto(site)
    await page.click('#press')
    seen = [await page.title(), await page.evaluate(SAID), len(await page.screenshot())]
    other = await browser.newPage()
    await other.goto(second)
    greeting = await other.evaluate(HEADING)
    await browser.close()
    return found, *seen, greeting


async def cdp_use():
    from cdp_use.client import CDPClient

    async with CDPClient(address, additional_headers=headers) as client:

        async def opened(url):
            target = (await client.send.Target.createTarget({'url': 'about:blank'}))['targetId']
            session = (await client.send.Target.attachToTarget({'targetId': target, 'flatten': True}))['sessionId']
            loaded = asyncio.Event()
            await client.send.Page.enable(session_id=session)
            client.register.Page.loadEventFired(lambda _, of: loaded.set() if of == session else None)
            await client.send.Page.navigate({'url': url}, session_id=session)
            await loaded.wait()
            return session

        async def evaluated(session, expression):
            answer = await client.send.Runtime.evaluate(
                {'expression': expression, 'returnByValue': True, 'userGesture': True}, session_id=session
            )
            return answer['result'].get('value')

        targets = (await client.send.Target.getTargets())['targetInfos']
        page = await opened(site)
        box = json.loads(
            await evaluated(page, "JSON.stringify(document.querySelector('#press').getBoundingClientRect())")
        )
        at = {'x': box['x'] + box['width'] / 2, 'y': box['y'] + box['height'] / 2, 'button': 'left', 'clickCount': 1}
        for kind in ('mousePressed', 'mouseReleased'):
            await client.send.Input.dispatchMouseEvent({'type': kind, **at}, session_id=page)
        seen = [await evaluated(page, 'document.title'), await evaluated(page, SAID)]
        picture = await client.send.Page.captureScreenshot(session_id=page)
        other = await opened(second)
        return (
            [target['url'] for target in targets if target['type'] == 'page'],
            *seen,
            len(base64.b64decode(picture['data'])),
            await evaluated(other, HEADING),
        )


async def pydoll():
    from pydoll.browser.chromium import Chrome

    def value(answer):
        return answer['result']['result']['value']

    browser = Chrome()
    tab = await browser.connect(address)
    found = [await tab.current_url()]
    await tab.go_to(site)
    await (await tab.find(id='press')).click()
    seen = [await tab.title(), value(await tab.execute_script(f'return {SAID}'))]
    picture = base64.b64decode(await tab.take_screenshot(as_base64=True))
    other = await browser.new_tab(second)
    greeting = value(await other.execute_script(f'return {HEADING}'))
    await browser.close()
    return found, *seen, len(picture), greeting


# nodriver and zendriver, which began as one. Their `get` does not wait until a page has loaded.
async def driven(api):
    async def loaded(page, selector):
        there = f"document.readyState == 'complete' && document.querySelector('{selector}') != null"
        while await page.evaluate(there) is not True:
            await asyncio.sleep(0.05)

    at = urlsplit(address)
    browser = await api.start(host=at.hostname, port=at.port)
    page = browser.main_tab
    found = [page.target.url]
    page = await browser.get(site)
    await loaded(page, '#press')
    await (await page.select('#press')).click()
    seen = [await page.evaluate('document.title'), await page.evaluate(SAID)]
    file = os.path.join(os.getcwd(), f'page-{os.getpid()}.png')
    await page.save_screenshot(file, format='png')
    size = os.path.getsize(file)
    os.remove(file)
    other = await browser.get(second, new_tab=True)
    await loaded(other, 'h1')
    greeting = await other.evaluate(HEADING)
    stopped = browser.stop()
    if inspect.isawaitable(stopped):
        await stopped
    return found, *seen, size, greeting


async def nodriver():
    import nodriver as api

    return await driven(api)


async def zendriver():
    import zendriver as api

    return await driven(api)


async def browser_use():
    from browser_use import BrowserProfile, BrowserSession

    session = BrowserSession(cdp_url=address, browser_profile=BrowserProfile(headers=headers or None))
    await session.start()
    found = [await page.get_url() for page in await session.get_pages()]
    page = await session.get_current_page()
    await page.goto(site)
    while await page.evaluate('() => document.readyState') != 'complete':
        await asyncio.sleep(0.05)
    await (await page.get_elements_by_css_selector('#press'))[0].click()
    seen = [await page.get_title(), await page.evaluate(f'() => {SAID}')]
    picture = base64.b64decode(await page.screenshot())
    other = await session.new_page(second)
    while not await other.evaluate("() => document.querySelector('h1')?.textContent ?? ''"):
        await asyncio.sleep(0.05)
    greeting = await other.evaluate(f'() => {HEADING}')
    await session.stop()
    return found, *seen, len(picture), greeting


async def main():
    names = ('found', 'title', 'pressed', 'screenshot', 'second')
    try:
        client = globals()[given['client'].replace('-', '_')]
        answer = {'result': dict(zip(names, await asyncio.wait_for(client(), 40)))}
    except BaseException as e:
        answer = {'error': f'{type(e).__name__}: {e}'}
    print(json.dumps(answer), flush=True)
    # Some clients leave threads and tasks behind that would hold up the end.
    os._exit(1 if 'error' in answer else 0)


asyncio.run(main())
