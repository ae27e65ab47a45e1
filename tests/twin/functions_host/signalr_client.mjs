// The real @microsoft/signalr, telling on stdout what happens to it: node signalr_client.mjs PACKAGE URL USER
import { createRequire } from "node:module";

const [home, url, user] = process.argv.slice(2);
const signalr = createRequire(home + "/")("@microsoft/signalr");
const tell = (...what) => console.log(JSON.stringify(what));

const connection = new signalr.HubConnectionBuilder()
  .withUrl(url, { headers: { "x-ms-client-principal-id": user } })
  .withAutomaticReconnect([0, 50, 100, 200, 400])
  .configureLogging(signalr.LogLevel.None)
  .build();
connection.on("news", (...values) => { tell("news", ...values); });
connection.onreconnecting(() => tell("reconnecting"));
connection.onreconnected(() => tell("reconnected"));
connection.onclose((error) => { tell("closed", String(error ?? "")); process.exit(0); });

try {
  await connection.start();
  tell("connected");
} catch (error) {
  tell("refused", String(error));
  process.exit(0);
}
