// Makes chrome.json: the dump that chrome://webrtc-internals writes of the session that session.yaml has.
//
//   npm install puppeteer-core && node chrome.mjs /usr/bin/chromium
//
// To keep it small, two values are left of each series, and of descriptions what says nothing about codecs.
import {createServer} from 'node:http';
import {writeFileSync} from 'node:fs';
import puppeteer from 'puppeteer-core';

const server = createServer((_, response) => {
  response.setHeader('content-type', 'text/html');
  response.end('<!doctype html>');
}).listen(8765);
const browser = await puppeteer.launch({executablePath: process.argv[2], headless: true, args: ['--no-sandbox', '--autoplay-policy=no-user-gesture-required']});
const internals = await browser.newPage();
await internals.goto('chrome://webrtc-internals');
const page = await browser.newPage();
await page.goto('http://localhost:8765/');
await page.evaluate(async () => {
  const sleep = ms => new Promise(done => setTimeout(done, ms));
  const alice = new RTCPeerConnection({iceServers: [{urls: 'stun:127.0.0.1:3478'}]});
  const bob = new RTCPeerConnection();
  window.keep = [alice, bob];
  alice.onicecandidate = e => e.candidate && setTimeout(() => bob.addIceCandidate(e.candidate), 100);
  bob.onicecandidate = e => e.candidate && setTimeout(() => alice.addIceCandidate(e.candidate), 100);
  const context = new AudioContext();
  const audio = context.createMediaStreamDestination();
  const tone = context.createOscillator();
  tone.connect(audio);
  tone.start();
  const canvas = document.createElement('canvas');
  const drawing = canvas.getContext('2d');
  setInterval(() => drawing.fillRect(300 * Math.random(), 150 * Math.random(), 20, 20), 50);
  const stream = new MediaStream([...audio.stream.getTracks(), ...canvas.captureStream(20).getTracks()]);
  bob.ondatachannel = e => {
    e.channel.onmessage = () => e.channel.send('hi');
  };

  const mic = alice.addTrack(stream.getAudioTracks()[0], stream);
  alice.addTransceiver(stream.getVideoTracks()[0], {direction: 'sendonly', streams: [stream]});
  const chat = alice.createDataChannel('chat', {ordered: false, maxRetransmits: 0});
  chat.onopen = () => chat.send('hello');
  const offer = await alice.createOffer();
  await alice.setLocalDescription(offer);
  await bob.setRemoteDescription(offer);
  const answer = await bob.createAnswer();
  await bob.setLocalDescription(answer);
  await alice.setRemoteDescription(answer);
  await sleep(500);
  await bob.setRemoteDescription(answer).catch(() => {});
  await alice.addIceCandidate({candidate: 'candidate:rubbish', sdpMid: '0'}).catch(() => {});
  await sleep(3000);
  alice.setConfiguration({iceServers: []});
  alice.removeTrack(mic);
  await sleep(100);
  const again = await alice.createOffer();
  await alice.setLocalDescription(again);
  await bob.setRemoteDescription(again);
  const answered = await bob.createAnswer();
  await bob.setLocalDescription(answered);
  await alice.setRemoteDescription(answered);
  await sleep(2000);
});
const text = await internals.evaluate(async () => {
  let blob;
  const create = URL.createObjectURL;
  URL.createObjectURL = b => create.call(URL, blob = b);
  document.querySelector('details').open = true;
  document.querySelector('#dump-click-target').click();
  while (!blob) await new Promise(done => setTimeout(done, 100));
  const zipped = new Uint8Array(await blob.slice(0, 1).arrayBuffer())[0] === 0x1f;
  return zipped ? new Response(blob.stream().pipeThrough(new DecompressionStream('gzip'))).text() : blob.text();
});
await browser.close();
server.close();

const dump = JSON.parse(text);
for (const connection of Object.values(dump.PeerConnections)) {
  for (const series of Object.values(connection.stats)) {
    series.values = JSON.stringify(JSON.parse(series.values).slice(0, 2));
  }
  for (const update of connection.updateLog) {
    update.value = update.value.replace(/a=(rtpmap|fmtp|rtcp-fb|rtcp|extmap|ssrc|ssrc-group):.*?\\r\\n/g, '');
  }
}
writeFileSync('chrome.json', JSON.stringify(dump, null, ' ') + '\n');
