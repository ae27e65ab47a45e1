/** The service worker keeps the shell; a newer one waits until the person takes it. */

export function onNewVersion(tell: (take: () => void) => void): void {
  if (!("serviceWorker" in navigator)) return;
  void navigator.serviceWorker.register("/sw.js").then((registration) => {
    registration.addEventListener("updatefound", () => {
      const fresh = registration.installing;
      fresh?.addEventListener("statechange", () => {
        if (fresh.state === "installed" && navigator.serviceWorker.controller) tell(() => take(fresh));
      });
    });
  }, ignored);
}

function take(fresh: ServiceWorker): void {
  navigator.serviceWorker.addEventListener("controllerchange", () => location.reload());
  fresh.postMessage("take-over");
}

/** Without a service worker the page works, but needs the network to open. */
function ignored(): void {}
