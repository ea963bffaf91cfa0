// Strokes are kept by the component's key, so that a rerun of the page loses none of them.
// A stroke's points and its width are shares of the canvas's width.
const drawings = new Map();

export default function ({ key, data, parentElement, setTriggerValue }) {
  const find = (selector) => parentElement.querySelector(selector);
  const canvas = find("canvas"), pen = canvas.getContext("2d");
  const undo = find(".undo"), clear = find(".clear"), swap = find(".swap"), send = find(".send");
  const brush = find(".brush input"), colour = find(".colour input");
  if (!drawings.has(key)) drawings.set(key, { strokes: [], light: false });
  const drawing = drawings.get(key);
  let current = null;

  canvas.width = data.width;
  canvas.height = data.height;
  canvas.style.aspectRatio = `${data.width} / ${data.height}`;
  find(".colour").style.display = data.colours ? "" : "none";

  function ink(stroke) {
    if (data.colours && stroke.colour) return stroke.colour;
    return drawing.light ? "#000000" : "#ffffff";
  }

  function draw() {
    pen.fillStyle = drawing.light ? "#ffffff" : "#000000";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.lineCap = pen.lineJoin = "round";
    for (const stroke of drawing.strokes) {
      pen.strokeStyle = ink(stroke);
      pen.lineWidth = stroke.width * canvas.width;
      pen.beginPath();
      const [first, ...rest] = stroke.points.map(([x, y]) => [x * canvas.width, y * canvas.width]);
      pen.moveTo(...first);
      for (const point of rest.length ? rest : [first]) pen.lineTo(...point);
      pen.stroke();
    }
    undo.disabled = clear.disabled = send.disabled = !drawing.strokes.length;
    swap.setAttribute("aria-pressed", String(drawing.light));
  }

  function place(event) {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.width];
  }

  canvas.onpointerdown = (event) => {
    if (event.button !== 0 || current) return;
    event.preventDefault();
    canvas.setPointerCapture(event.pointerId);
    const own = data.colours && colour.dataset.chosen ? colour.value : null;
    current = { id: event.pointerId, colour: own, width: Number(brush.value) / 100, points: [place(event)] };
    drawing.strokes.push(current);
    draw();
  };
  canvas.onpointermove = (event) => {
    if (!current || event.pointerId !== current.id) return;
    const all = event.getCoalescedEvents ? event.getCoalescedEvents() : [];
    for (const one of all.length ? all : [event]) current.points.push(place(one));
    draw();
  };
  canvas.onpointerup = canvas.onpointercancel = (event) => {
    if (current && event.pointerId === current.id) current = null;
  };
  colour.oninput = () => { colour.dataset.chosen = "yes"; };
  undo.onclick = () => { drawing.strokes.pop(); draw(); };
  clear.onclick = () => { drawing.strokes.length = 0; draw(); };
  swap.onclick = () => { drawing.light = !drawing.light; draw(); };
  send.onclick = () => setTriggerValue("drawn", canvas.toDataURL("image/png"));
  draw();
}
